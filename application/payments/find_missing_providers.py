from collections.abc import Mapping
from dataclasses import dataclass

from application.payments.ports import PaymentGateways, PaymentQueries
from domain.payments.method import PaymentMethod


@dataclass(frozen=True, slots=True)
class FindMissingProviders:
    """Count the payments and refunds that cannot be settled because their provider is not configured."""

    payments: PaymentQueries
    gateways: PaymentGateways

    async def __call__(self) -> Mapping[PaymentMethod, int]:
        """Raise DatabaseUnavailable, Overloaded."""
        unsettled = await self.payments.unsettled()
        return {method: count for method, count in unsettled.items() if method not in self.gateways}
