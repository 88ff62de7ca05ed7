"""The payment providers, with their equivalent test cards."""

from dataclasses import dataclass

from application.payments.ports import PaymentGateway
from tests.kit.clock import FixedClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """`away` is the same gateway with an unreachable provider. Tokens represent cards."""

    gateway: PaymentGateway
    away: PaymentGateway
    clock: FixedClock
    good: str
    declined: str
    decline_code: str
