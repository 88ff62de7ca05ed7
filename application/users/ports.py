"""Ports of users."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.shared.page import Page, Position
from application.users.views import UserView
from domain.shared.errors import DomainError
from domain.shared.ids import OrderId, SessionId, SignUpId, UserId
from domain.users.email_address import EmailAddress
from domain.users.email_change import EmailChange
from domain.users.one_time_token import OneTimeToken, TokenPurpose
from domain.users.pending_sign_up import PendingSignUp
from domain.users.permissions import Role
from domain.users.user import User, UserStatus


class EmailTaken(DomainError):
    """Another account has this e-mail address."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address.")


class UserRepository(Protocol):
    async def add(self, user: User) -> None:
        """Add a user. Raises EmailTaken."""
        ...

    async def find_by_email(self, email: EmailAddress) -> User | None: ...

    async def get(self, user_id: UserId) -> User | None:
        """Lock the user's row until the unit of work ends, and return the user.

        Lock a user before any session of the user. Raises Overloaded if the lock is not released in time.
        """
        ...

    async def peek(self, user_id: UserId) -> User | None:
        """Return the user without locking the user's row. The returned user must not be saved."""
        ...

    async def lock_admins(self) -> Collection[UserId]:
        """Lock the rows of all active admins, and return the admins.

        Call this method before any other user is locked. Raises Overloaded if a lock is not released in time.
        """
        ...

    async def save(self, user: User) -> None:
        """Save a locked user. Raises EmailTaken."""
        ...


class OneTimeTokens(Protocol):
    """The part of a unit of work that stores one-time tokens, which are sent by mail.

    Lock the user before consuming a token.
    """

    async def put(self, token: OneTimeToken) -> None:
        """Store the token. The token replaces the user's earlier token for the same purpose."""
        ...

    async def find(self, purpose: TokenPurpose, token_hash: bytes) -> OneTimeToken | None: ...

    async def take(self, token: OneTimeToken) -> bool:
        """Consume the token, and return whether it was valid.

        If several callers consume a token concurrently, only one caller gets True.
        """
        ...

    async def remove(self, user_id: UserId) -> None:
        """Delete all tokens of the user."""
        ...


class SignUps(Protocol):
    """The part of a unit of work that stores unconfirmed sign-ups."""

    async def add(self, sign_up: PendingSignUp) -> None: ...

    async def get(self, sign_up_id: SignUpId) -> PendingSignUp | None: ...

    async def find(self, token_hash: bytes) -> PendingSignUp | None:
        """Return the sign-up that the token confirms, or None."""
        ...

    async def save(self, sign_up: PendingSignUp) -> None:
        """Store the sign-up's token. If the sign-up is no longer valid, nothing is stored."""
        ...

    async def claim(self, sign_up: PendingSignUp) -> bool:
        """Delete all sign-ups for the e-mail address of this sign-up.

        Returns whether this sign-up still existed. If several callers claim sign-ups for one address, only
        the first caller gets True.
        """
        ...

    async def prune(self, *, requested_until: datetime) -> None:
        """Delete the sign-ups that were requested at `requested_until` or earlier."""
        ...


class EmailChanges(Protocol):
    """The part of a unit of work that stores unconfirmed changes of e-mail addresses.

    Lock the user before storing or deleting a change.
    """

    async def put(self, change: EmailChange) -> None:
        """Store the change. The change replaces the user's earlier change."""
        ...

    async def get(self, user_id: UserId) -> EmailChange | None: ...

    async def find(self, token_hash: bytes) -> EmailChange | None:
        """Return the change that the token confirms, or None."""
        ...

    async def save(self, change: EmailChange) -> None:
        """Store the change's token. If the change was replaced or deleted, nothing is stored."""
        ...

    async def remove(self, user_id: UserId) -> None:
        """Delete the user's change, if there is one."""
        ...

    async def prune(self, *, requested_until: datetime) -> None:
        """Delete the changes that were requested at `requested_until` or earlier."""
        ...


class PersonalData(Protocol):
    """The part of a unit of work that erases or transfers personal data outside of accounts."""

    async def erase(self, user: User) -> None:
        """Erase all personal data except data that is needed to deliver open orders.

        Addresses, notes and metadata of orders are erased. Reasons that the user gave are erased from histories and
        events.
        """
        ...

    async def take_over(self, order_ids: Collection[OrderId], user_id: UserId) -> None:
        """After the user claims orders, make the user the subject of these orders' idempotency records."""
        ...

    async def erase_from_orders_of_closed_accounts(self) -> None:
        """Erase addresses, notes and metadata of finished orders whose accounts are closed.

        Idempotency records of closed accounts are also deleted.
        """
        ...


@dataclass(frozen=True, slots=True)
class PrincipalState:
    """The current state of a user and of the session that an access token names."""

    role: Role
    status: UserStatus
    has_session: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """The conditions on the accounts of a list. `email` is a complete e-mail address."""

    email: EmailAddress | None = None
    role: Role | None = None
    status: UserStatus | None = None


class UserQueries(Protocol):
    """Reads of accounts, outside of a unit of work."""

    async def get(self, user_id: UserId) -> UserView | None: ...

    async def state_of(
        self, user_id: UserId, session_id: SessionId, *, now: datetime
    ) -> PrincipalState | None:
        """Return the state of a user and of one of the user's sessions, read by one statement.

        Returns None for an unknown user.
        """
        ...

    async def list(
        self, criteria: UserFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[UserView]:
        """Return the accounts after a position.

        The sort keys are `created_at` and then the id. `descending` applies to both sort keys.
        """
        ...


class PasswordHasher(Protocol):
    """Password hashing with Argon2id, which is slow by design.

    Never hash a password while a unit of work is open. The number of passwords that wait to be hashed is bounded.
    """

    async def hash(self, password: str) -> str:
        """Return the encoded hash of the NFKC-normalized password.

        Raises:
            Overloaded: too many passwords wait to be hashed.
            ValueError: the password is too long. Check it with `PasswordPolicy` first.
        """
        ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Return whether the password matches the hash.

        If the account does not exist, `hashed` is None, and the result is False. If the password has more than
        `MAX_RAW_LENGTH` characters, the result is also False. Such a password is not normalized or hashed
        completely.

        In both cases, the call takes the same time as for a wrong password.

        Raises:
            Overloaded: too many passwords wait to be hashed.
        """
        ...

    def needs_rehash(self, hashed: str) -> bool:
        """Return whether `hashed` was made with weaker parameters than the current parameters."""
        ...


class BreachedPasswords(Protocol):
    def contains(self, password: str) -> bool:
        """Return whether the NFKC-normalized password is on a list of breached passwords."""
        ...
