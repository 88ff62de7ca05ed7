"""The payment providers for tests. Each provider has equivalent test cards."""

from dataclasses import dataclass

from application.payments.provider_ports import PaymentGateway
from tests.kit.ports import FixedClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider for tests. Tokens represent cards.

    `away` is a gateway of the same kind whose provider is unreachable.
    """

    gateway: PaymentGateway
    away: PaymentGateway
    clock: FixedClock
    good: str
    declined: str
    decline_code: str
