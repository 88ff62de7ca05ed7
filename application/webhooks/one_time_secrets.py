"""Secrets in responses.

A secret is shown only in the first response, and in responses to retries of the same request.
"""

from base64 import b64encode
from dataclasses import asdict, dataclass, replace

from application.shared.idempotency import IdempotentOperation
from application.shared.secrets import SecretBox, SecretNotReadable
from application.webhooks.views import EndpointView, NewEndpointView
from domain.webhooks.endpoint import WebhookEndpoint

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class OneTimeSecrets:
    """Encrypts the secret of a stored response.

    If no encryption key is configured, the idempotency record does not contain the secret.
    """

    box: SecretBox
    operation: IdempotentOperation

    def seal(self, view: NewEndpointView) -> NewEndpointView:
        sealed = self.box.seal(view.secret, context=self._context(view)) if view.secret else None
        return replace(view, secret=sealed)

    async def open(self, stored: NewEndpointView) -> NewEndpointView:
        if stored.secret is None:
            return stored
        try:
            return replace(stored, secret=self.box.open(stored.secret, context=self._context(stored)))
        except SecretNotReadable:
            return replace(stored, secret=None)

    def _context(self, view: NewEndpointView) -> str:
        return f"idempotency:{self.operation}:{view.id}"


def with_secret(endpoint: WebhookEndpoint) -> NewEndpointView:
    """Return a view of the endpoint with its secret, for a response that shows the secret."""
    secret = f"whsec_{b64encode(endpoint.secret).decode()}"
    return NewEndpointView(**asdict(EndpointView.of(endpoint)), secret=secret)
