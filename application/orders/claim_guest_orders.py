from dataclasses import dataclass

from application.shared.ports import Clock
from application.signing.ports import InvalidToken
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.hold_limits import EmailNotVerified
from domain.shared.actor import Actor
from domain.shared.ids import UserId
from domain.users.user import User


async def claim_guest_orders(work: UnitOfWork, user: User, *, clock: Clock, actor: Actor) -> int:
    """Assign to the user all guest orders that have the user's verified e-mail address.

    Return the number of assigned orders. The caller must have locked the user, because every transaction locks
    users before orders.
    """
    if user.email is None or not user.email_verified:
        return 0
    orders = await work.orders.of_guest(user.email)
    for order in orders:
        order.claim(user.id, now=clock.now(), actor=actor)
    await work.orders.save(orders)
    await work.personal_data.take_over([order.id for order in orders], user.id)
    return len(orders)


@dataclass(frozen=True, slots=True)
class ClaimGuestOrders:
    """Assign to the account all guest orders that have the account's verified e-mail address.

    Claimed orders can no longer be read with their order tokens.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, user_id: UserId, *, actor: Actor) -> int:
        """Return the number of claimed orders.

        Raises InvalidToken, AccountDisabled, EmailNotVerified.
        """
        async with self.unit_of_work(actor) as work:
            user = await work.users.get(user_id)
            if user is None:
                raise InvalidToken
            user.ensure_active()
            if not user.email_verified:
                raise EmailNotVerified
            claimed = await claim_guest_orders(work, user, clock=self.clock, actor=actor)
            if claimed:
                await work.commit()
        return claimed
