from dataclasses import dataclass, field

from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult, replay_of, store_result
from application.unit_of_work import UnitOfWorkFactory
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.users.one_time_token import InvalidOneTimeToken, TokenPurpose, hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmailCommand:
    """`actor` has no id: a caller with a mailed token is not logged in."""

    token: str = field(repr=False)
    actor: Actor
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Show, with the token from a message, that one reads the mail of the address that one has signed up with.

    The token is good for once and for a day.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: VerifyEmailCommand) -> IdempotentResult[UserView]:
        """Raise InvalidOneTimeToken, IdempotencyKeyReused, IdempotencyInFlight."""
        now = self.clock.now()
        async with self.unit_of_work(command.actor) as work:
            if replay := await replay_of(work.idempotency, command.key, UserView):
                await work.commit()
                return replay
            token = await work.one_time_tokens.find(TokenPurpose.VERIFY_EMAIL, hash_of(command.token))
            if token is None or token.is_over(now):
                raise InvalidOneTimeToken
            user = await work.users.get(token.user_id)
            is_mine = await work.one_time_tokens.take(token)
            if user is None or not user.may_be_verified or not is_mine:
                raise InvalidOneTimeToken
            user.verify_email(now=now)
            await work.users.save(user)
            receipt = await store_result(work.idempotency, command.key, UserView.of(user))
            await work.commit()
        return receipt
