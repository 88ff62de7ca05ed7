from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import count

from application.catalog.adjust_stock import AdjustStockCommand
from application.catalog.views import ProductView
from application.orders.access import OrderAccess
from application.orders.cancel_order import CancelOrderCommand
from application.orders.change_order import ChangeOrderCommand
from application.orders.decide_return import ReturnCommand
from application.orders.fulfill_order import FulfillOrderCommand
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.receive_return import ReceiveReturnCommand
from application.orders.request_return import RequestReturnCommand
from application.orders.views import OrderView, ReturnView
from application.payments.pay_order import PayOrderCommand
from application.payments.payment_operations import PaymentCommand
from application.payments.refund_order import RefundOrderCommand
from application.payments.views import PaymentView
from application.shared.idempotency import IdempotencyKey, IdempotentOperation
from application.users.views import UserView
from domain.catalog.adjusting import StockDelta
from domain.catalog.stock import MovementReason
from domain.orders.address import Address
from domain.orders.details import OrderChanges
from domain.orders.fulfillment import FulfilledLine
from domain.orders.guest import Guest
from domain.orders.line import CancelledLine, RequestedLine
from domain.orders.order_return import ReturnedLine
from domain.orders.order_state import OrderKey, key_of
from domain.orders.placing import OrderRequest
from domain.payments.payment import CaptureMethod, PaymentMethod
from domain.payments.refund import RefundedLine
from domain.shared.actor import Actor
from domain.shared.ids import CallerId
from domain.shared.money import Money
from domain.shared.unset import UNSET, Unset
from tests.kit.actors import STAFF

ALL_ORDERS = OrderAccess.all()


class Commands:
    """Builds the commands of the shop's use cases.

    By default, each command has a new idempotency key. The test can also pass a `key`.

    `keys_sent` contains the keys of all commands that place orders. The check of the invariants finds the orders by
    these keys.
    """

    def __init__(self) -> None:
        self.keys_sent: set[OrderKey] = set()
        self._numbers = count(1)

    def place_order(
        self,
        *lines: tuple[ProductView, int],
        customer: UserView | Guest,
        placed_by: CallerId | None = None,
        key: str | None = None,
        expected_total: Money | None = None,
    ) -> PlaceOrderCommand:
        """Return the command to order the given units of each product.

        If `placed_by` is None, the customer places the order.
        """
        request = OrderRequest(
            customer_id=None if isinstance(customer, Guest) else customer.id,
            guest=customer if isinstance(customer, Guest) else None,
            placed_by=placed_by,
            lines=tuple(RequestedLine(product.id, quantity) for product, quantity in lines),
            expected_total=expected_total,
            metadata={},
        )
        caller = key_of(placed_by or request.customer_id, "")[0]
        idempotency_key = self.key(
            request, operation=IdempotentOperation.PLACE_ORDER, principal=str(caller), key=key
        )
        self.keys_sent.add((caller, idempotency_key.key))
        return PlaceOrderCommand(request, idempotency_key, Actor(caller, "test"))

    def change_order(
        self,
        order: OrderView,
        *,
        address: Address | Unset | None = UNSET,
        note: str | Unset | None = UNSET,
        metadata: Mapping[str, str | None] | Unset | None = UNSET,
        access: OrderAccess = ALL_ORDERS,
        key: str | None = None,
    ) -> ChangeOrderCommand:
        """Return the command to change the order. The command expects the version of `order`.

        `access` limits the orders that the command may change. By default, all orders are permitted.
        """
        changes = OrderChanges(shipping_address=address, note=note, metadata=metadata)
        return ChangeOrderCommand(
            order_id=order.id,
            expected_version=order.version,
            changes=changes,
            access=access,
            key=self.key((order.id, changes), operation=IdempotentOperation.CHANGE_ORDER, key=key),
            actor=STAFF,
        )

    def cancel_order(
        self, order: OrderView, *units: int, access: OrderAccess = ALL_ORDERS, key: str | None = None
    ) -> CancelOrderCommand:
        """Return the command to cancel the order or the given number of units of each line.

        `access` limits the orders that the command may cancel. By default, all orders are permitted.
        """
        lines = tuple(
            CancelledLine(line.id, quantity)
            for line, quantity in zip(order.lines, units, strict=bool(units))
            if quantity
        )
        return CancelOrderCommand(
            order_id=order.id,
            lines=lines,
            reason=None,
            access=access,
            key=self.key((order.id, lines), operation=IdempotentOperation.CANCEL_ORDER, key=key),
            actor=STAFF,
        )

    def pay_order(
        self,
        order: OrderView,
        token: str = "tok_ok",
        *,
        amount: Money | None = None,
        is_manual: bool = False,
        access: OrderAccess = ALL_ORDERS,
        key: str | None = None,
    ) -> PayOrderCommand:
        """Return the command to pay the order.

        `access` limits the orders that the command may pay. By default, all orders are permitted.
        """
        return PayOrderCommand(
            order_id=order.id,
            amount=amount or order.payable_total or order.total,
            method=PaymentMethod.SANDBOX,
            token=token,
            capture_method=CaptureMethod.MANUAL if is_manual else None,
            access=access,
            key=self.key((order.id, token), operation=IdempotentOperation.PAY_ORDER, key=key),
            actor=STAFF,
        )

    def operate_payment(
        self,
        payment: PaymentView,
        operation: IdempotentOperation,
        *,
        access: OrderAccess | None = None,
        key: str | None = None,
    ) -> PaymentCommand:
        """Return the command to capture or void a payment. The sender is staff or the order's customer."""
        return PaymentCommand(
            order_id=payment.order_id,
            payment_id=payment.id,
            access=access or OrderAccess.all(),
            key=self.key(payment.id, operation=operation, key=key),
            actor=STAFF,
        )

    def fulfill_order(self, order: OrderView, *units: int, key: str | None = None) -> FulfillOrderCommand:
        quantities = units or tuple(line.quantity - line.fulfilled - line.cancelled for line in order.lines)
        lines = tuple(
            FulfilledLine(line.id, quantity)
            for line, quantity in zip(order.lines, quantities, strict=True)
            if quantity
        )
        return FulfillOrderCommand(
            order_id=order.id,
            lines=lines,
            carrier="DHL",
            tracking="JD0146",
            key=self.key((order.id, lines), operation=IdempotentOperation.FULFILL_ORDER, key=key),
            actor=STAFF,
        )

    def refund_order(
        self, order: OrderView, amount_or_units: int | Sequence[int], *, key: str | None = None
    ) -> RefundOrderCommand:
        lines_or_amount = (
            Money(amount_or_units, order.currency)
            if isinstance(amount_or_units, int)
            else tuple(
                RefundedLine(line.id, quantity)
                for line, quantity in zip(order.lines, amount_or_units, strict=True)
                if quantity
            )
        )
        return RefundOrderCommand(
            order_id=order.id,
            amount_or_lines=lines_or_amount,
            reason="It was broken",
            key=self.key((order.id, amount_or_units), operation=IdempotentOperation.REFUND_ORDER, key=key),
            actor=STAFF,
        )

    def request_return(
        self, order: OrderView, *units: int, access: OrderAccess = ALL_ORDERS, key: str | None = None
    ) -> RequestReturnCommand:
        """Return the command to request a return, with a number of units for each line.

        `access` limits the orders for which the command may request returns. By default, all orders are permitted.
        """
        lines = tuple(
            ReturnedLine(line.id, quantity)
            for line, quantity in zip(order.lines, units, strict=True)
            if quantity
        )
        return RequestReturnCommand(
            order_id=order.id,
            lines=lines,
            reason="Too small",
            access=access,
            key=self.key((order.id, lines), operation=IdempotentOperation.REQUEST_RETURN, key=key),
            actor=STAFF,
        )

    def decide_return(
        self, returned: ReturnView, operation: IdempotentOperation, *, key: str | None = None
    ) -> ReturnCommand:
        """Create staff's command to approve or refuse a return."""
        return ReturnCommand(
            order_id=returned.order_id,
            return_id=returned.id,
            key=self.key(returned.id, operation=operation, key=key),
            actor=STAFF,
        )

    def receive_return(
        self, returned: ReturnView, *, restock: bool = True, key: str | None = None
    ) -> ReceiveReturnCommand:
        """Create staff's command to receive a return."""
        return ReceiveReturnCommand(
            order_id=returned.order_id,
            return_id=returned.id,
            restocked={line.line_id: restock for line in returned.lines},
            key=self.key(returned.id, operation=IdempotentOperation.RECEIVE_RETURN, key=key),
            actor=STAFF,
        )

    def adjust_stock(
        self,
        *lines: tuple[ProductView, int],
        reason: MovementReason = MovementReason.CORRECTION,
        key: str | None = None,
    ) -> AdjustStockCommand:
        """Return staff's command to add or remove the given units of each product."""
        deltas = tuple(StockDelta(product.id, delta) for product, delta in lines)
        return AdjustStockCommand(
            deltas=deltas,
            reason=reason,
            note=None,
            key=self.key((deltas, reason), operation=IdempotentOperation.ADJUST_STOCK, key=key),
            actor=STAFF,
        )

    def key(
        self,
        content: object,
        *,
        operation: IdempotentOperation,
        principal: str = "staff",
        key: str | None = None,
    ) -> IdempotencyKey:
        """Return an idempotency key for a command. By default, the key is new."""
        return IdempotencyKey(
            principal=principal,
            operation=operation,
            key=key or f"key-{next(self._numbers)}",
            fingerprint=sha256(repr(content).encode()).digest(),
        )
