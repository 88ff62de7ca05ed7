from dataclasses import dataclass, field

from application.audit.entry import AuditAction
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.run_once import find_replay, store_result
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWorkFactory
from application.users.password_policy import PasswordPolicy
from application.users.ports import PasswordHasher
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import SessionId, UserId
from domain.users.attempts import Attempt, AttemptKind
from domain.users.user import User


class WrongPassword(ValidationFailed):
    """The current password is wrong."""

    def __init__(self) -> None:
        super().__init__(
            "The password was not changed.",
            violations=[
                Violation(("current_password",), "wrong_password", "This is not your present password.")
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePasswordCommand:
    """`session_id` is the session that stays valid, `network` the client's network."""

    user_id: UserId
    session_id: SessionId
    current_password: str = field(repr=False)
    new_password: str = field(repr=False)
    network: str
    actor: Actor
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Change the caller's password and end the other sessions.

    Attempts are throttled like log-ins, so that a stolen session cannot be used to guess the password. No connection
    is held while passwords are hashed.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock

    async def __call__(self, command: ChangePasswordCommand) -> IdempotentResult[UserView]:
        """Raise WeakPassword, TooManyAttempts, WrongPassword, AccountDisabled, Overloaded, IdempotencyKeyReused, IdempotencyInFlight."""
        self.policy.check(command.new_password, field="new_password")
        async with self.unit_of_work() as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            checked = await work.users.peek(command.user_id)
            if checked is not None:
                await self.throttle.admit(work, _attempt(checked, command))
            await work.commit()
        is_right = await self.hasher.verify(
            command.current_password, checked.password_hash if checked else None
        )
        if checked is None or not is_right:
            await self._tell_of_refusal(command)
            raise WrongPassword
        return await self._replace(checked, command, await self.hasher.hash(command.new_password))

    async def _tell_of_refusal(self, command: ChangePasswordCommand) -> None:
        async with self.unit_of_work(command.actor) as work:
            work.audit.record(AuditAction.USER_PASSWORD_CHANGE_REFUSED, command.user_id, at=self.clock.now())
            await work.commit()

    async def _replace(
        self, checked: User, command: ChangePasswordCommand, password_hash: str
    ) -> IdempotentResult[UserView]:
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            user = await work.users.get(checked.id)
            if user is None or user.password_changed_at != checked.password_changed_at:
                raise WrongPassword
            user.ensure_active()
            user.change_password(password_hash, now=self.clock.now())
            sessions = await work.sessions.of_user(user.id)
            await work.sessions.remove([s for s in sessions if s.id != command.session_id])
            await work.users.save(user)
            await self.throttle.reset(work, _attempt(user, command))
            return await store_result(work, command.key, UserView.of(user))


def _attempt(user: User, command: ChangePasswordCommand) -> Attempt:
    return Attempt(AttemptKind.PASSWORD_CHANGE, str(user.email or user.id), command.network)
