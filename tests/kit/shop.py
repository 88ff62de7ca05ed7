from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from dependency_injector.providers import Dependency, Object

from adapters.tracing.tracing import Tracing
from application.catalog.adjust_stock import AdjustStock
from application.catalog.archive_product import ArchiveProduct
from application.catalog.change_product import ChangeProduct
from application.catalog.count_stock import CountStock
from application.catalog.create_product import CreateProduct, CreateProductCommand
from application.catalog.import_catalog import ImportCatalog, ImportResult
from application.catalog.plan_import import CatalogRow, PlanImport
from application.catalog.queries import ExportProducts, GetProduct, GetStock, ListMovements, ListProducts
from application.catalog.views import ProductView
from application.orders.access import OrderAccess
from application.orders.cancel_order import CancelOrder
from application.orders.change_order import ChangeOrder
from application.orders.claim_guest_orders import ClaimGuestOrders
from application.orders.decide_return import ApproveReturn, RefuseReturn
from application.orders.expire_orders import ExpireOrders
from application.orders.fulfill_order import FulfillOrder
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderBatch, PlaceOrderCommand
from application.orders.placement_queue import PlacementQueue
from application.orders.ports import OrderFilter
from application.orders.preview_order import PreviewOrder
from application.orders.queries import ExportOrders, GetGuestOrder, GetOrder, ListOrders, ListStatusChanges
from application.orders.receive_return import ReceiveReturn
from application.orders.renew_order_token import RenewOrderToken
from application.orders.request_return import RequestReturn
from application.orders.views import FulfillmentView, OrderView, ReturnView
from application.payments.capture_payment import CapturePayment
from application.payments.pay_order import PayOrder
from application.payments.provider_ports import PaymentGateway, ProviderEvent, ProviderEventKind
from application.payments.record_provider_event import RecordProviderEvent
from application.payments.refund_order import RefundOrder
from application.payments.settle_payments import SettlePayments
from application.payments.views import PaymentView, RefundView
from application.payments.void_payment import VoidPayment
from application.shared.batching import Batcher, RunBatch
from application.shared.idempotency import IdempotentOperation, IdempotentResult
from application.shared.lanes import Lanes
from application.shared.ports import Clock
from application.users.views import UserView
from domain.catalog.product import ProductDetails
from domain.orders.hold_limits import HoldLimits
from domain.payments.payment import PaymentMethod
from domain.shared.actor import Actor
from domain.shared.money import Money
from entrypoints.bootstrap.catalog import Catalog
from entrypoints.bootstrap.orders import Orders
from entrypoints.bootstrap.payments import Payments
from entrypoints.metrics.metrics import Metrics
from tests.kit.accounts import SETTINGS, Accounts
from tests.kit.actors import STAFF
from tests.kit.commands import ALL_ORDERS, Commands
from tests.kit.gateway import FakeGateway
from tests.kit.store import Store

RunPlacing = RunBatch[PlaceOrderCommand, IdempotentResult[OrderView]]
HOLD = timedelta(minutes=15)
MAX_BATCH = 64
NO_TIMEOUT = 60
"""A timeout in seconds that no test reaches."""


def owner_of(order: OrderView) -> OrderAccess:
    """Return the access of the customer who placed this order. Customers can access only their own orders."""
    assert order.customer_id is not None
    return OrderAccess.own(order.customer_id)


class Shop(Accounts):
    """All use cases of the shop. They share one store.

    The class has shortcuts to create products and orders. The clock does not advance, ids are sequential, and
    hashing takes no time.
    """

    create_product: CreateProduct
    change_product: ChangeProduct
    archive_product: ArchiveProduct
    get_product: GetProduct
    list_products: ListProducts
    export_products: ExportProducts
    plan_import: PlanImport
    import_catalog: ImportCatalog
    get_stock: GetStock
    list_movements: ListMovements
    count_stock: CountStock
    adjust_stock: AdjustStock
    place_order: PlaceOrder
    preview_order: PreviewOrder
    change_order: ChangeOrder
    cancel_order: CancelOrder
    expire_orders: ExpireOrders
    fulfill_order: FulfillOrder
    request_return: RequestReturn
    approve_return: ApproveReturn
    refuse_return: RefuseReturn
    receive_return: ReceiveReturn
    get_order: GetOrder
    get_guest_order: GetGuestOrder
    renew_order_token: RenewOrderToken
    claim_guest_orders: ClaimGuestOrders
    list_orders: ListOrders
    export_orders: ExportOrders
    list_status_changes: ListStatusChanges
    pay_order: PayOrder
    capture_payment: CapturePayment
    void_payment: VoidPayment
    refund_order: RefundOrder
    settle_payments: SettlePayments
    record_provider_event: RecordProviderEvent

    parts: ClassVar[Sequence[str]] = ("catalog", "orders", "payments", *Accounts.parts)

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.hold_limits = HoldLimits()
        self.commands = Commands()
        self.gateway = FakeGateway()
        self.gateways: dict[PaymentMethod, PaymentGateway] = {PaymentMethod.SANDBOX: self.gateway}

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(clock=Object(self.clock), ids=Object(self.ids), database=self.database)

    @cached_property
    def orders(self) -> Orders:
        """The dependency container of orders. Commands in the container's queues never time out."""
        orders = Orders(
            settings=SETTINGS,
            clock=Object(self.clock),
            ids=Object(self.ids),
            tracing=Object(Tracing()),
            database=self.database,
            metrics=Dependency(instance_of=Metrics),
        )
        orders.hold_limits.override(self.hold_limits)
        run = orders.place_order_batch()
        orders.order_batcher.override(Batcher(run, max_batch=MAX_BATCH, queue_timeout=NO_TIMEOUT))
        orders.order_lanes.override(Lanes(run, max_batch=MAX_BATCH, queue_timeout=NO_TIMEOUT))
        orders.hold_release_batcher.override(
            Batcher(orders.release_expired_holds(), queue_timeout=NO_TIMEOUT)
        )
        return orders

    @cached_property
    def payments(self) -> Payments:
        payments = Payments(
            settings=SETTINGS,
            clock=Object(self.clock),
            ids=Object(self.ids),
            database=self.database,
            orders=self.orders,
            tracing=Object(Tracing()),
        )
        payments.gateways.override(Object(self.gateways))
        return payments

    def other_process(self, run: RunPlacing | None = None, *, max_batch: int = MAX_BATCH) -> PlaceOrder:
        """Return the `place_order` of another process, which has its own batches."""
        run = run or self.batch()
        queue = PlacementQueue(
            batcher=Batcher(run, max_batch=max_batch, queue_timeout=NO_TIMEOUT),
            lanes=Lanes(run, max_batch=max_batch, queue_timeout=NO_TIMEOUT),
            orders=self.store.orders,
        )
        return PlaceOrder(queue, Batcher(self.orders.release_expired_holds(), queue_timeout=NO_TIMEOUT))

    def batch(self, clock: Clock | None = None) -> PlaceOrderBatch:
        """Return the use case that places a batch of orders."""
        return replace(self.orders.place_order_batch(), clock=clock or self.clock, limits=self.hold_limits)

    async def product(
        self,
        *,
        stock: int = 0,
        price: int = 1000,
        currency: str = "EUR",
        sku: str | None = None,
        name: str = "Mug",
        description: str = "",
        attributes: Mapping[str, str] | None = None,
        max_per_order: int | None = None,
    ) -> ProductView:
        created = await self.create_product(
            CreateProductCommand(
                sku=sku or f"SKU-{next(self._numbers)}",
                details=ProductDetails(
                    name=name,
                    description=description,
                    price=Money(price, currency),
                    attributes=attributes or {},
                    max_per_order=max_per_order,
                ),
                initial_stock=stock,
                key=None,
                actor=STAFF,
            )
        )
        return created.result

    async def import_rows(
        self, *rows: CatalogRow, replace: bool = False, actor: Actor = STAFF
    ) -> ImportResult:
        plan = await self.plan_import(rows, replace=replace, progress=lambda _: None)
        return await self.import_catalog(plan, actor=actor, progress=lambda _: None)

    async def order(
        self, product: ProductView, quantity: int = 1, *, customer: UserView | None = None
    ) -> OrderView:
        command = self.commands.place_order((product, quantity), customer=customer or await self.customer())
        return (await self.place_order(command)).result

    async def cancel(self, order: OrderView, *units: int, access: OrderAccess = ALL_ORDERS) -> OrderView:
        """Cancel the order, or the given number of units of each line."""
        return (await self.cancel_order(self.commands.cancel_order(order, *units, access=access))).result

    async def pay(self, order: OrderView, token: str = "tok_ok") -> PaymentView:
        return (await self.pay_order(self.commands.pay_order(order, token))).result

    async def authorize(self, order: OrderView, token: str = "tok_ok") -> PaymentView:
        """Authorize a payment whose capture is manual."""
        return (await self.pay_order(self.commands.pay_order(order, token, is_manual=True))).result

    async def capture(self, payment: PaymentView, amount: int | None = None) -> PaymentView:
        wanted = None if amount is None else Money(amount, payment.amount.currency)
        return (
            await self.capture_payment(
                self.commands.operate_payment(payment, IdempotentOperation.CAPTURE_PAYMENT), wanted
            )
        ).result

    async def void(self, payment: PaymentView, *, access: OrderAccess | None = None) -> PaymentView:
        return (
            await self.void_payment(
                self.commands.operate_payment(payment, IdempotentOperation.VOID_PAYMENT, access=access)
            )
        ).result

    async def fulfil(self, order: OrderView, *units: int) -> FulfillmentView:
        """Ship the given units of each line, by default all."""
        return (await self.fulfill_order(self.commands.fulfill_order(order, *units))).result

    async def refund(self, order: OrderView, amount_or_units: int | Sequence[int]) -> RefundView:
        """Refund an amount, or the given units of each line."""
        return (await self.refund_order(self.commands.refund_order(order, amount_or_units))).result

    async def send_back(self, order: OrderView, *units: int) -> ReturnView:
        """Request a return of the given number of units of each line."""
        return (await self.request_return(self.commands.request_return(order, *units))).result

    async def approve(self, returned: ReturnView, refund: int | None = None) -> ReturnView:
        command = self.commands.decide_return(returned, IdempotentOperation.APPROVE_RETURN)
        agreed = None if refund is None else Money(refund, "EUR")
        return (await self.approve_return(command, agreed)).result

    async def refuse(self, returned: ReturnView) -> ReturnView:
        command = self.commands.decide_return(returned, IdempotentOperation.REFUSE_RETURN)
        return (await self.refuse_return(command, "Worn")).result

    async def receive(self, returned: ReturnView, *, restock: bool = True) -> ReturnView:
        return (await self.receive_return(self.commands.receive_return(returned, restock=restock))).result

    async def expire(self) -> int:
        return await self.expire_orders(limit=50, actor=STAFF)

    async def settle(self) -> int:
        return await self.settle_payments(limit=50, actor=STAFF)

    async def report_provider_event(
        self,
        kind: ProviderEventKind,
        payment: PaymentView,
        *,
        event_id: str | None = None,
        refund: RefundView | None = None,
        **fields: Any,
    ) -> None:
        """Report an event of a payment or a refund, as the provider does."""
        ids = {"payment_id": payment.id} if refund is None else {"refund_id": refund.id}
        event = ProviderEvent(
            provider=payment.method,
            event_id=event_id or f"event-{next(self._numbers)}",
            kind=kind,
            occurred_at=self.clock.now(),
            **{
                "reference": f"ch_{payment.id}" if refund is None else f"re_{refund.id}",
                "amount": payment.amount if refund is None else refund.amount,
                **ids,
                **fields,
            },
        )
        await self.record_provider_event(event, actor=STAFF)

    async def orders_of(self, customer: UserView) -> Sequence[OrderView]:
        access = OrderAccess.own(customer.id)
        page = await self.list_orders(OrderFilter(), access=access, descending=False, after=None, limit=100)
        return page.items

    async def report_refund_at_provider(
        self, payment: PaymentView, amount: Money, *, reference: str | None = None
    ) -> None:
        """Report a refund that was made in the provider's dashboard."""
        await self.record_provider_event(
            ProviderEvent(
                provider=payment.method,
                event_id=f"event-{next(self._numbers)}",
                kind=ProviderEventKind.REFUNDED,
                reference=reference or f"re_dashboard_{next(self._numbers)}",
                payment_reference=f"ch_{payment.id}",
                amount=amount,
                occurred_at=self.clock.now(),
            ),
            actor=STAFF,
        )

    async def current_order(self, order: OrderView) -> OrderView:
        """Return the order in its current state."""
        return await self.get_order(order.id, access=OrderAccess.all())
