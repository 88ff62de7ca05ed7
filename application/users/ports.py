"""What the use cases of users need from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.audit.entry import AuditEntry
from application.shared.page import Page, Position
from application.users.principal import Principal
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


class InvalidToken(DomainError):
    """The access token is not one of ours, or not meant for us."""

    code = "invalid_token"

    def __init__(self) -> None:
        super().__init__("The access token is not valid. Log in again.")


class UnknownSigningKey(InvalidToken):
    """The token names a key that is not known here: nobody's, or one that was made a moment ago."""


class TokenExpired(DomainError):
    """The access token was valid once."""

    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("The access token has expired. Log in again.")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says of its bearer (RFC 9068, section 2.2).

    `client_id` names the program that has got the token; a client that acts for itself is its bearer, too.
    """

    bearer: Principal
    client_id: str
    token_id: UUID
    scope: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token (a secret: never in a log) and the seconds for which it is valid."""

    token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair: `private_pem` is PKCS #8, a secret.

    It signs from `signs_from` until a later one does, and verifies until `verifies_until`: as long as it is kept, if
    that is None.
    """

    kid: str
    private_pem: bytes = field(repr=False)
    signs_from: datetime
    verifies_until: datetime | None = None


class SigningKeys(Protocol):
    async def all(self) -> Sequence[SigningKey]:
        """Return every key, the one that signs last first."""
        ...


class SigningKeyStore(SigningKeys, Protocol):
    """Keys that the service makes for itself."""

    async def add_first(self, key: SigningKey) -> None:
        """Keep the key if there is none yet; of several processes, one wins."""
        ...

    async def rotate(
        self, key: SigningKey, *, former_until: datetime, now: datetime, entries: Sequence[AuditEntry]
    ) -> None:
        """Keep the key, let every former one verify until `former_until` at most, and forget those past it.

        The audit log gets the entries with it, or nothing happens.
        """
        ...


class SigningKeyFactory(Protocol):
    def __call__(self, signs_from: datetime) -> SigningKey:
        """Return a fresh key."""
        ...


class AccessTokens(Protocol):
    def use(self, keys: Sequence[SigningKey]) -> None:
        """Sign with the first key that has begun to, verify with each. Raises ValueError, and keeps the former ones."""
        ...

    def issue(self, claims: AccessClaims, *, now: datetime) -> AccessToken:
        """Sign a token that is valid from `now` on."""
        ...

    def verify(self, token: str, *, now: datetime) -> AccessClaims:
        """Return what a token of ours says. Raises InvalidToken, UnknownSigningKey, TokenExpired."""
        ...

    def public_keys(self, *, now: datetime) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """Return the JSON Web Key Set (RFC 7517) with which others can verify, also what will be signed soon."""
        ...
