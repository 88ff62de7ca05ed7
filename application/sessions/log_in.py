from dataclasses import dataclass, field

from application.sessions.tokens import SessionTokens, claims_of
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.shared.randomness import Randomness
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWorkFactory
from application.users.ports import AccessTokens, PasswordHasher
from domain.sessions.refresh_token import FAMILY_BYTES, SECRET_BYTES, RefreshToken
from domain.sessions.session import Session, SessionLifetime, surplus
from domain.shared.errors import DomainError
from domain.shared.ids import SessionId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.user import User, comparable_email


class WrongCredentials(DomainError):
    """The e-mail address and the password do not go together (RFC 6749, section 5.2)."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInCommand:
    """`network` is where it comes from, and `user_agent` how the client calls itself."""

    email: str
    password: str = field(repr=False)
    network: str
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """Exchange an e-mail address and a password for an access token and a refresh token: a session begins.

    An unknown address costs as much time as a wrong password and gets the same answer. Attempts are
    throttled for each account and for each network. No connection is held while the password is checked.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    hasher: PasswordHasher
    tokens: AccessTokens
    clock: Clock
    ids: IdFactory
    randomness: Randomness
    lifetime: SessionLifetime

    async def __call__(self, command: LogInCommand) -> SessionTokens:
        """Raise TooManyAttempts, WrongCredentials, AccountDisabled, Overloaded."""
        attempt = Attempt(AttemptKind.LOG_IN, comparable_email(command.email), command.network)
        async with self.unit_of_work() as work:
            await self.throttle.admit(work, attempt)
            user = await work.users.find_by_email(attempt.account)
            await work.commit()
        is_right = await self.hasher.verify(command.password, user.password_hash if user else None)
        if user is None or not is_right:
            raise WrongCredentials
        user.ensure_active()
        stronger_hash = None
        if self.hasher.needs_rehash(user.password_hash):
            stronger_hash = await self.hasher.hash(command.password)
        return await self._start_session(user, stronger_hash, command.user_agent, attempt)

    async def _start_session(
        self, checked: User, stronger_hash: str | None, user_agent: str | None, attempt: Attempt
    ) -> SessionTokens:
        """Begin a session of the user, unless what was checked has changed while the password was hashed."""
        now = self.clock.now()
        token = RefreshToken(
            self.randomness.token_bytes(FAMILY_BYTES), self.randomness.token_bytes(SECRET_BYTES)
        )
        async with self.unit_of_work() as work:
            user = await work.users.get(checked.id)
            if user is None or user.password_changed_at != checked.password_changed_at:
                raise WrongCredentials
            user.ensure_active()
            if stronger_hash is not None:
                user.rehash(stronger_hash)
                await work.users.save(user)
            session = Session.start(
                id=SessionId(self.ids.new()),
                user_id=user.id,
                token=token,
                user_agent=user_agent,
                lifetime=self.lifetime,
                now=now,
            )
            await work.sessions.remove(surplus(await work.sessions.of_user(user.id), now))
            await work.sessions.add(session)
            await self.throttle.welcome(work, attempt)
            await work.commit()
        access = self.tokens.issue(claims_of(user, session, self.ids.new()), now=now)
        return SessionTokens(access, token)
