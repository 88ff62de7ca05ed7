from dataclasses import dataclass
from datetime import datetime

from application.payments.payment_operations import PaymentCommand, PaymentOperations
from application.payments.views import PaymentView
from application.shared.idempotency import IdempotentResult
from domain.orders.order import Order
from domain.orders.paying import request_void
from domain.payments.payment import Payment


@dataclass(frozen=True, slots=True)
class VoidPayment:
    """End a payment before money is captured.

    Staff can void an authorized payment. If no unit of the order was shipped, the order waits for payment again
    after the void.

    Staff and the owner of the order can void a payment that waits for authentication. The owner can then pay in
    another way.
    """

    operations: PaymentOperations

    async def __call__(self, command: PaymentCommand) -> IdempotentResult[PaymentView]:
        """Return the payment in its current state.

        Raises NotFound, InvalidTransition, PaymentInProgress, IdempotencyKeyReused, IdempotencyInFlight.
        """

        def request(order: Order, payment: Payment, now: datetime) -> None:
            request_void(order, payment, command.access.party, now=now)

        return await self.operations.carry_out(command, request)
