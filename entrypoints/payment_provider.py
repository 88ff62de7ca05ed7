"""The provider of payments that the settings choose."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from adapters.standard_webhooks import parse_secrets
from application.payments.ports import PaymentGateway, PaymentGateways, ProviderInboxes, ProviderWebhookParser
from application.shared.clock import Clock
from entrypoints.settings import Settings


def sandbox_secrets(settings: Settings) -> Sequence[bytes]:
    given = settings.sandbox_webhook_secret
    return parse_secrets(given.get_secret_value()) if given else ()


def sandbox_url(settings: Settings) -> str:
    given = settings.sandbox_webhook_url
    return str(given) if given else f"http://localhost:{settings.port}/v1/webhooks/payments/sandbox"


@dataclass(frozen=True, slots=True)
class Stripe:
    gateway: PaymentGateway
    inbox: ProviderWebhookParser


def create_stripe(settings: Settings, http_client: httpx2.AsyncClient, clock: Clock) -> Stripe:
    from adapters.payments.stripe.client import create_client  # noqa: PLC0415 - a shop without an account need not wait for the library
    from adapters.payments.stripe.gateway import StripeGateway  # noqa: PLC0415 - a shop without an account need not wait for the library
    from adapters.payments.stripe.webhook_parser import StripeWebhookParser  # noqa: PLC0415 - a shop without an account need not wait for the library

    api_key, webhook_secret = settings.stripe_api_key, settings.stripe_webhook_secret
    client = create_client(
        api_key.get_secret_value() if api_key else "",
        http_client,
        api_base=str(settings.stripe_api_base) if settings.stripe_api_base else None,
    )
    secrets = webhook_secret.get_secret_value().split() if webhook_secret else []
    return Stripe(StripeGateway(client, clock), StripeWebhookParser(client, secrets))


def gateways(settings: Settings, gateway: PaymentGateway) -> PaymentGateways:
    return {settings.payment_provider: gateway}


def inboxes(settings: Settings, inbox: ProviderWebhookParser) -> ProviderInboxes:
    return {settings.payment_provider: inbox}
