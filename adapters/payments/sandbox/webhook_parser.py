from collections.abc import Sequence

from adapters.payments.sandbox.messages import event_of
from adapters.standard_webhooks import BadSignature, StandardWebhooks
from application.payments.provider_ports import (
    InvalidSignature,
    ProviderEvent,
    ProviderWebhookParser,
    UnverifiedMessage,
)
from application.shared.ports import Clock
from application.shared.secrets import Secrets

SECRET = "sandbox-webhooks"  # noqa: S105 - the name of a secret, not a secret
SECRET_BYTES = 32


class SandboxSignatures:
    """The webhook secrets that the sandbox and the shop share.

    If no secret is configured, a secret is generated and stored.
    """

    def __init__(self, secrets: Secrets, configured: Sequence[bytes]) -> None:
        self._secrets = secrets
        self._webhooks = StandardWebhooks(configured) if configured else None

    async def get(self) -> StandardWebhooks:
        """Return the verifier of signatures.

        Raises Overloaded or DatabaseUnavailable if the stored secret cannot be read.
        """
        if self._webhooks is None:
            self._webhooks = StandardWebhooks([await self._secrets.get_or_create(SECRET, SECRET_BYTES)])
        return self._webhooks


class SandboxWebhookParser(ProviderWebhookParser):
    def __init__(self, signatures: SandboxSignatures, clock: Clock) -> None:
        self._signatures = signatures
        self._clock = clock

    async def open(self, message: UnverifiedMessage) -> ProviderEvent:
        webhooks = await self._signatures.get()
        try:
            message_id = webhooks.verify(message.headers, message.body, now=self._clock.now())
        except BadSignature:
            raise InvalidSignature from None
        return event_of(message_id, message.body)
