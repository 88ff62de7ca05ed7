from dataclasses import dataclass, field

from application.audit.entry import AuditAction
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import find_replay, store_result
from application.unit_of_work import UnitOfWorkFactory
from application.users.password_check import PasswordCheck
from application.users.password_policy import PasswordPolicy
from application.users.ports import PasswordHasher
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.ids import SessionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePasswordCommand:
    """`session_id` is the session that stays valid, and `network` is the client's network."""

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

    A pending change of the e-mail address is dropped.

    Attempts are throttled like log-ins, so that an attacker with a stolen session cannot guess the password.
    """

    unit_of_work: UnitOfWorkFactory
    password_check: PasswordCheck
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock

    async def __call__(self, command: ChangePasswordCommand) -> IdempotentResult[UserView]:
        """Return the account.

        Raises WeakPassword, TooManyAttempts, WrongPassword, AccountDisabled, Overloaded, IdempotencyKeyReused,
        IdempotencyInFlight.
        """
        self.policy.check(command.new_password, field="new_password")
        async with self.unit_of_work() as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            admitted = await self.password_check.admit(work, command.user_id, command.network)
            await work.commit()
        checked = await self.password_check.verify(
            admitted,
            command.current_password,
            user_id=command.user_id,
            refusal=AuditAction.USER_PASSWORD_CHANGE_REFUSED,
            actor=command.actor,
        )
        password_hash = await self.hasher.hash(command.new_password)
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            user = await self.password_check.confirm(work, checked, command.network)
            user.change_password(password_hash, now=self.clock.now())
            sessions = await work.sessions.of_user(user.id)
            await work.sessions.remove([s for s in sessions if s.id != command.session_id])
            await work.email_changes.remove(user.id)
            await work.users.save(user)
            return await store_result(work, command.key, UserView.of(user))
