from dataclasses import dataclass, field

from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import find_replay, store_result
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.users.password_policy import PasswordPolicy
from application.users.ports import PasswordHasher
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.users.one_time_token import InvalidOneTimeToken, OneTimeToken, TokenPurpose, hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPasswordCommand:
    """`actor` has no id, because a caller with a mailed token is not logged in."""

    token: str = field(repr=False)
    password: str = field(repr=False)
    actor: Actor
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Replace a forgotten password and end all sessions.

    A pending change of the e-mail address is dropped.

    The request contains a token that was sent by mail. The token can be used only once, within half an hour. The
    token proves that the caller can read mail to the address, so the address becomes verified.
    """

    unit_of_work: UnitOfWorkFactory
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock

    async def __call__(self, command: ResetPasswordCommand) -> IdempotentResult[UserView]:
        """Return the account.

        Raises WeakPassword, InvalidOneTimeToken, Overloaded, IdempotencyKeyReused, IdempotencyInFlight.
        """
        self.policy.check(command.password, field="password")
        async with self.unit_of_work() as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            await self._valid(command.token, work)
        password_hash = await self.hasher.hash(command.password)
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, UserView):
                return replay
            token = await self._valid(command.token, work)
            user = await work.users.get(token.user_id)
            is_mine = await work.one_time_tokens.take(token)
            if user is None or not user.may_be_verified or not is_mine:
                raise InvalidOneTimeToken
            now = self.clock.now()
            user.change_password(password_hash, now=now)
            user.verify_email(now=now)
            await work.sessions.remove(await work.sessions.of_user(user.id))
            await work.email_changes.remove(user.id)
            await work.users.save(user)
            return await store_result(work, command.key, UserView.of(user))

    async def _valid(self, text: str, work: UnitOfWork) -> OneTimeToken:
        token = await work.one_time_tokens.find(TokenPurpose.RESET_PASSWORD, hash_of(text))
        if token is None or token.is_over(self.clock.now()):
            raise InvalidOneTimeToken
        return token
