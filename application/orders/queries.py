"""Use cases that read orders."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from application.orders.access import OrderAccess
from application.orders.ports import OrderFilter, OrderQueries
from application.orders.views import FulfillmentView, OrderView, ReturnView, StatusChangeView
from application.shared.page import Page, Position, every_item
from domain.shared.errors import NotFound
from domain.shared.ids import FulfillmentId, OrderId, ReturnId


@dataclass(frozen=True, slots=True)
class GetOrder:
    """Show an order.

    If the caller has no access to the order, the response is the same as for an unknown order.
    """

    orders: OrderQueries

    async def __call__(self, order_id: OrderId, *, access: OrderAccess) -> OrderView:
        """Return the order. Raises NotFound."""
        order = await self.orders.get(order_id, access=access)
        if order is None:
            raise NotFound("There is no such order.")
        return order


@dataclass(frozen=True, slots=True)
class GetGuestOrder:
    """Show a guest's order to a caller with the order's token.

    If the token is wrong, the response is the same as for an unknown order.
    """

    orders: OrderQueries

    async def __call__(self, order_id: OrderId, *, is_valid: Callable[[int], bool]) -> OrderView:
        """Return the order. Raises NotFound.

        `is_valid` returns whether the caller's order token is valid for a version.

        `allowed_actions` is empty, because a guest can only read the order.
        """
        version = await self.orders.token_version(order_id)
        order = None
        if version is not None and is_valid(version):
            order = await self.orders.get(order_id, access=OrderAccess.all())
        # An account can claim the order between the two reads.
        if order is None or order.guest is None:
            raise NotFound("There is no such order.")
        return replace(order, allowed_actions=())


@dataclass(frozen=True, slots=True)
class ListOrders:
    """List orders. Customers see their own orders, and staff see all orders."""

    orders: OrderQueries

    async def __call__(
        self,
        criteria: OrderFilter,
        *,
        access: OrderAccess,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[OrderView]:
        return await self.orders.list(
            criteria, access=access, descending=descending, after=after, limit=limit
        )


@dataclass(frozen=True, slots=True)
class ExportOrders:
    """Read all orders that match a filter, oldest first. Only one page is in memory at a time."""

    orders: OrderQueries
    limit: int = 500

    async def count(self, criteria: OrderFilter) -> int:
        """Return the current number of matching orders. Later orders are not included."""
        return await self.orders.count(criteria, access=OrderAccess.all())

    def __call__(self, criteria: OrderFilter) -> AsyncIterator[OrderView]:
        return every_item(
            lambda after: self.orders.list(
                criteria, access=OrderAccess.all(), descending=False, after=after, limit=self.limit
            )
        )


@dataclass(frozen=True, slots=True)
class GetFulfillment:
    """Show one of an order's fulfillments to the customer of the order, or to staff."""

    get_order: GetOrder
    orders: OrderQueries

    async def __call__(
        self, order_id: OrderId, fulfillment_id: FulfillmentId, *, access: OrderAccess
    ) -> FulfillmentView:
        """Return the fulfillment. Raises NotFound."""
        await self.get_order(order_id, access=access)
        fulfillment = await self.orders.fulfillment(order_id, fulfillment_id)
        if fulfillment is None:
            raise NotFound("The order has no such fulfillment.")
        return fulfillment


@dataclass(frozen=True, slots=True)
class ListFulfillments:
    """List the fulfillments of an order, oldest first. Only the customer and staff can read them."""

    get_order: GetOrder
    orders: OrderQueries

    async def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Page[FulfillmentView]:
        """Return a page of fulfillments. Raises NotFound."""
        await self.get_order(order_id, access=access)
        return await self.orders.fulfillments(order_id, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class ListStatusChanges:
    """List an order's status changes, oldest first. Each change has a time, an actor and a reason."""

    get_order: GetOrder
    orders: OrderQueries

    async def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Page[StatusChangeView]:
        """Return a page of status changes. Raises NotFound."""
        await self.get_order(order_id, access=access)
        return await self.orders.history(order_id, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class GetReturn:
    """Show one of an order's returns to the customer of the order, or to staff."""

    get_order: GetOrder
    orders: OrderQueries

    async def __call__(self, order_id: OrderId, return_id: ReturnId, *, access: OrderAccess) -> ReturnView:
        """Find the return. Raises NotFound."""
        await self.get_order(order_id, access=access)
        returned = await self.orders.order_return(order_id, return_id)
        if returned is None:
            raise NotFound("The order has no such return.")
        return returned.seen_by(access.party)


@dataclass(frozen=True, slots=True)
class ListReturns:
    """List the returns of an order, oldest first. Only the customer and staff can read them."""

    get_order: GetOrder
    orders: OrderQueries

    async def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Page[ReturnView]:
        """Return a page of returns. Raises NotFound."""
        await self.get_order(order_id, access=access)
        page = await self.orders.returns(order_id, after=after, limit=limit)
        return Page(tuple(returned.seen_by(access.party) for returned in page.items), page.next)
