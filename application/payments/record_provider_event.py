from dataclasses import dataclass

from application.payments.ports import ProviderEvent
from domain.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class RecordProviderEvent:
    """Take note of what a provider says, once, whenever and however often it says so.

    An event of a payment or a refund that the shop does not know is none of its business, and is passed over.
    """

    async def __call__(self, event: ProviderEvent, *, by: Actor) -> None:
        """Raise Overloaded or DatabaseUnavailable: then nothing was noted, and the provider has to repeat itself."""
        raise NotImplementedError
