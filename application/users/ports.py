"""What the use cases of users need from outside."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.shared.page import Page, Position
from application.users.views import UserView
from domain.shared.errors import DomainError
from domain.shared.ids import SessionId, SignUpId, UserId
from domain.users.email_address import EmailAddress
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
        """Keep a new user. Raises EmailTaken."""
        ...

    async def find_by_email(self, email: EmailAddress) -> User | None: ...

    async def get(self, user_id: UserId) -> User | None:
        """Return the user, locked until the unit of work ends. Lock a user before any of their sessions.

        Raises Overloaded when the lock does not come free in time.
        """
        ...

    async def peek(self, user_id: UserId) -> User | None:
        """Return the user without a lock, to look at and not to save."""
        ...

    async def lock_admins(self) -> Collection[UserId]:
        """Return all who `administer` the shop, locked. Lock them before any other user.

        Raises Overloaded when a lock does not come free in time.
        """
        ...

    async def save(self, user: User) -> None:
        """Keep the changes made to a locked user. Raises EmailTaken."""
        ...


class OneTimeTokens(Protocol):
    """The tokens that were sent by mail, inside a unit of work. Lock the user before taking one."""

    async def put(self, token: OneTimeToken) -> None:
        """Keep the token in the place of the one that its user had for its purpose."""
        ...

    async def find(self, purpose: TokenPurpose, token_hash: bytes) -> OneTimeToken | None: ...

    async def take(self, token: OneTimeToken) -> bool:
        """Use the token up, and tell whether it was still there: of several who take it, one does."""
        ...


class SignUps(Protocol):
    """Sign-ups that wait for their addresses to be confirmed, inside a unit of work."""

    async def add(self, sign_up: PendingSignUp) -> None: ...

    async def get(self, sign_up_id: SignUpId) -> PendingSignUp | None: ...

    async def find(self, token_hash: bytes) -> PendingSignUp | None:
        """Return the sign-up that a token confirms."""
        ...

    async def save(self, sign_up: PendingSignUp) -> None:
        """Store the sign-up's token, unless the sign-up has become void."""
        ...

    async def claim(self, sign_up: PendingSignUp) -> bool:
        """Delete all sign-ups for the address of this one, and return whether this one was still among them.

        Of several callers who claim sign-ups for one address, the first one gets True.
        """
        ...

    async def prune(self, *, requested_until: datetime) -> None:
        """Delete sign-ups that were requested by this moment."""
        ...


class PersonalData(Protocol):
    """What is kept about people in other places than their accounts, inside a unit of work."""

    async def erase(self, user: User) -> None:
        """Erase it all, except what is needed to deliver an order: that is done when the order is finished.

        Of orders the address, the note and the metadata go, and of their history what the user has given as reasons.
        """
        ...

    async def erase_from_orders_of_closed_accounts(self) -> None:
        """Erase what was needed to deliver them from orders that are finished, and what was kept for retries of it."""
        ...


@dataclass(frozen=True, slots=True)
class PrincipalState:
    """The present state of a user and of the session that an access token names."""

    role: Role
    status: UserStatus
    has_session: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Which accounts to list; `email` is a whole address."""

    email: EmailAddress | None = None
    role: Role | None = None
    status: UserStatus | None = None


class UserQueries(Protocol):
    """Reads of accounts, outside of any unit of work."""

    async def get(self, user_id: UserId) -> UserView | None: ...

    async def state_of(
        self, user_id: UserId, session_id: SessionId, *, now: datetime
    ) -> PrincipalState | None:
        """Return the state of a user and one of their sessions, or None if there is no such user; one statement."""
        ...

    async def list(
        self, criteria: UserFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[UserView]:
        """Return the accounts after a position, by `created_at` and then by id, in the same direction."""
        ...


class PasswordHasher(Protocol):
    """Slow on purpose (Argon2id), hence bounded. Never call it with a unit of work open."""

    async def hash(self, password: str) -> str:
        """Return the encoded hash of the NFKC-normalized password.

        Raises:
            Overloaded: too many passwords wait to be hashed.
            ValueError: the password is over-long. `PasswordPolicy` refuses it before.
        """
        ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Return whether the password is the hashed one.

        None stands for an account that does not exist: the answer is False and takes the same time. So it does for a
        password of more than `MAX_RAW_LENGTH` characters, which is never normalized or hashed in full length.

        Raises:
            Overloaded: too many passwords wait to be hashed.
        """
        ...

    def needs_rehash(self, hashed: str) -> bool:
        """Tell whether `hashed` was made with weaker parameters than today's."""
        ...


class BreachedPasswords(Protocol):
    def contains(self, password: str) -> bool:
        """Return whether the NFKC-normalized password is on a list of known ones."""
        ...
