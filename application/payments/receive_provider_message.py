from dataclasses import dataclass

from application.payments.provider_ports import ProviderInboxes, UnverifiedMessage
from application.payments.record_provider_event import RecordProviderEvent
from domain.shared.actor import Actor
from domain.shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ReceiveProviderMessage:
    """Verify the signature of a payment provider's webhook, and record its event.

    Webhooks can arrive repeatedly and in any sequence. A repeated webhook changes nothing, and gets the same response
    as the first webhook.
    """

    inboxes: ProviderInboxes
    record: RecordProviderEvent

    async def __call__(self, provider: str, message: UnverifiedMessage, *, actor: Actor) -> None:
        """Verify and record the message. If an error is raised, nothing was recorded.

        Raises InvalidSignature, ValidationFailed, Overloaded, DatabaseUnavailable. Raises NotFound if the provider is
        not configured.
        """
        inbox = {str(method): inbox for method, inbox in self.inboxes.items()}.get(provider)
        if inbox is None:
            raise NotFound("This shop has no account with such a provider.")
        event = await inbox.open(message)
        if event is not None:
            await self.record(event, actor=actor)
