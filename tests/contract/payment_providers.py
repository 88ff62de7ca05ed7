"""The providers of payments, and what each of them understands by the same things."""

from dataclasses import dataclass

from application.payments.ports import PaymentGateway
from tests.kit.clock import FixedClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """`away` is the same gateway when its provider cannot be reached. The tokens stand for cards."""

    gateway: PaymentGateway
    away: PaymentGateway
    clock: FixedClock
    good: str
    declined: str
    decline_code: str
