from dataclasses import dataclass
from datetime import datetime

from application.payments.payment_operations import PaymentCommand, PaymentOperations
from application.payments.views import PaymentView
from application.shared.idempotency import IdempotentResult
from domain.orders.order import Order
from domain.orders.paying import request_capture
from domain.payments.payment import Payment
from domain.shared.money import Money


@dataclass(frozen=True, slots=True)
class CapturePayment:
    """Capture all or part of an authorized amount. The remaining amount is released.

    A payment can be captured only once. Until the provider answers, another request for the payment is
    rejected with `payment_in_progress`.
    """

    operations: PaymentOperations

    async def __call__(self, command: PaymentCommand, amount: Money | None) -> IdempotentResult[PaymentView]:
        """Return the payment in its current state.

        Raises NotFound, InvalidTransition, PaymentInProgress, ValidationFailed, IdempotencyKeyReused,
        IdempotencyInFlight.
        """

        def request(order: Order, payment: Payment, now: datetime) -> None:
            request_capture(order, payment, amount, now=now)

        return await self.operations.carry_out(command, request)
