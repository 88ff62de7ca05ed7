from dataclasses import dataclass

from application.payments.provider_ports import ProviderInboxes, UnverifiedMessage
from application.payments.record_provider_event import RecordProviderEvent
from domain.shared.actor import Actor
from domain.shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ReceiveProviderMessage:
    """Verify the signature of a payment provider's webhook, and record its event.

    Webhooks can arrive repeatedly and in any order. A repetition changes nothing and gets the same answer.
    """

    inboxes: ProviderInboxes
    record: RecordProviderEvent

    async def __call__(self, provider: str, message: UnverifiedMessage, *, actor: Actor) -> None:
        """Verify and record the message. If an error is raised, nothing was recorded.

        Raises NotFound for a provider that is not configured, InvalidSignature, ValidationFailed, Overloaded,
        DatabaseUnavailable.
        """
        inbox = {str(method): inbox for method, inbox in self.inboxes.items()}.get(provider)
        if inbox is None:
            raise NotFound("This shop has no account with such a provider.")
        event = await inbox.open(message)
        if event is not None:
            await self.record(event, actor=actor)
