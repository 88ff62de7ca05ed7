from dataclasses import dataclass, field, replace

from application.audit.entry import AuditAction
from application.sessions.tokens import SessionTokens, claims_of
from application.shared.ports import Clock, IdFactory, Randomness
from application.signing.ports import AccessTokens
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWorkFactory
from application.users.ports import PasswordHasher
from domain.sessions.refresh_token import FAMILY_BYTES, SECRET_BYTES, RefreshToken
from domain.sessions.session import Session, SessionLifetime, sessions_to_evict
from domain.shared.actor import Actor
from domain.shared.errors import DomainError
from domain.shared.ids import SessionId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.email_address import EmailAddress, masked_email
from domain.users.user import AccountDisabled, AccountPending, User


class WrongCredentials(DomainError):
    """The e-mail address or the password is wrong (RFC 6749, section 5.2)."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInCommand:
    """`network` and `user_agent` describe the client; `actor` has no id before the log-in."""

    email: EmailAddress
    password: str = field(repr=False)
    network: str
    actor: Actor
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """Exchange an e-mail address and a password for the tokens of a new session.

    The tokens are an access token and a refresh token. For an unknown address, the response and the response time are
    the same as for a wrong password. Attempts are throttled for each account and for each network. No database
    connection is held while the password is checked.
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
        """Return the tokens of the new session.

        Raises TooManyAttempts, WrongCredentials, AccountDisabled, AccountPending, Overloaded.
        """
        email = command.email
        attempt = Attempt(AttemptKind.LOG_IN, email.normalized, command.network)
        async with self.unit_of_work() as work:
            await self.throttle.admit(work, attempt)
            user = await work.users.find_by_email(email)
            await work.commit()
        try:
            return await self._log_in(user, command, attempt)
        except (WrongCredentials, AccountDisabled, AccountPending) as refusal:
            await self._record_refusal(refusal, user, attempt, command.actor)
            raise

    async def _log_in(self, user: User | None, command: LogInCommand, attempt: Attempt) -> SessionTokens:
        is_right = await self.hasher.verify(command.password, user.password_hash if user else None)
        if user is None or user.password_hash is None or not is_right:
            raise WrongCredentials
        user.ensure_active()
        stronger_hash = None
        if self.hasher.needs_rehash(user.password_hash):
            stronger_hash = await self.hasher.hash(command.password)
        return await self._start_session(user, stronger_hash, command, attempt)

    async def _record_refusal(
        self, refusal: DomainError, user: User | None, attempt: Attempt, actor: Actor
    ) -> None:
        """Record a rejected log-in in the audit log, in a separate unit of work."""
        details = {"reason": _reason(refusal)}
        if user is None:
            details = {"reason": "unknown_address", "address": masked_email(attempt.account)}
        async with self.unit_of_work(actor) as work:
            work.audit.record(
                AuditAction.USER_LOG_IN_REFUSED,
                None if user is None else user.id,
                at=self.clock.now(),
                **details,
            )
            await work.commit()

    async def _start_session(
        self, checked: User, stronger_hash: str | None, command: LogInCommand, attempt: Attempt
    ) -> SessionTokens:
        """Start a session, unless the account changed while the password was verified."""
        now = self.clock.now()
        token = RefreshToken(
            self.randomness.token_bytes(FAMILY_BYTES), self.randomness.token_bytes(SECRET_BYTES)
        )
        async with self.unit_of_work(replace(command.actor, id=checked.id)) as work:
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
                user_agent=command.user_agent,
                lifetime=self.lifetime,
                now=now,
            )
            await work.sessions.remove(sessions_to_evict(await work.sessions.of_user(user.id), now))
            await work.sessions.add(session)
            work.audit.record(AuditAction.SESSION_STARTED, session.id, at=now, user_id=str(user.id))
            await self.throttle.reset(work, attempt)
            await work.commit()
        access = self.tokens.issue(claims_of(user, session, self.ids.new()), now=now)
        return SessionTokens(access, token)


def _reason(refusal: DomainError) -> str:
    match refusal:
        case AccountDisabled():
            return "account_disabled"
        case AccountPending():
            return "account_pending"
        case _:
            return "wrong_password"
