"""The payment providers, with their equivalent test cards."""

from dataclasses import dataclass

from application.payments.ports import PaymentGateway
from tests.kit.clock import FixedClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider for tests. Tokens represent cards.

    `away` is the same gateway, but its provider is unreachable.
    """

    gateway: PaymentGateway
    away: PaymentGateway
    clock: FixedClock
    good: str
    declined: str
    decline_code: str
