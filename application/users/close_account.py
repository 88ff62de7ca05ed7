from dataclasses import dataclass

from application.orders.claim_guest_orders import claim_guest_orders
from application.shared.ports import Clock, IdFactory
from application.signing.ports import InvalidToken
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.canceling import cancel
from domain.orders.lifecycle import Party
from domain.shared.actor import Actor
from domain.shared.ids import UserId
from domain.users.administering import ensure_other_admin

CLOSED = "The account was closed."


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAccountCommand:
    """`expected_version` is the version that the user saw."""

    user_id: UserId
    expected_version: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Permanently close the caller's account and erase its personal data.

    Pending orders are canceled. Orders and their totals are not deleted. Shipping addresses, notes and metadata of
    the orders are erased. If a paid order is not delivered yet, its shipping address is erased after the delivery.

    Guest orders with the account's verified e-mail address are treated like the account's own orders.

    The last admin cannot close their account. The e-mail address can be used for a new account.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: CloseAccountCommand) -> None:
        """Close the account.

        Raises AccountDisabled, PreconditionFailed, LastAdmin. Raises InvalidToken if the account is already closed.
        """
        async with self.unit_of_work(command.actor) as work:
            admins = await work.users.lock_admins()
            user = await work.users.get(command.user_id)
            if user is None:
                raise InvalidToken
            user.ensure_active()
            user.ensure_unchanged_since(command.expected_version)
            ensure_other_admin(user, admins)
            await claim_guest_orders(work, user, clock=self.clock, actor=command.actor)
            await self._cancel_unpaid_orders(user.id, command.actor, work)
            await work.personal_data.erase(user)
            user.close(now=self.clock.now())
            await work.users.save(user)
            await work.commit()

    async def _cancel_unpaid_orders(self, user_id: UserId, actor: Actor, work: UnitOfWork) -> None:
        orders = await work.orders.pending_of(user_id)
        stocks = await work.stocks.lock({product_id for order in orders for product_id in order.product_ids})
        for order in orders:
            payments = await work.payments.of_order(order.id)
            refunds = cancel(
                order,
                payments,
                stocks,
                None,
                party=Party.STAFF,
                dispute_override=CLOSED,
                new_id=self.ids.new,
                now=self.clock.now(),
                actor=actor,
            )
            await work.payments.save(payments)
            await work.refunds.add(refunds)
        await work.orders.save(orders)
        await work.stocks.save(stocks.values())


@dataclass(frozen=True, slots=True)
class EraseClosedAccounts:
    """Erase personal data from orders that were delivered after the customer closed the account."""

    unit_of_work: UnitOfWorkFactory

    async def __call__(self) -> None:
        async with self.unit_of_work() as work:
            await work.personal_data.erase_from_orders_of_closed_accounts()
            await work.commit()
