"""Payments, refunds, and the configured payment providers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.outgoing_http import OutgoingHttp
from adapters.payments.sandbox.gateway import SandboxGateway
from adapters.payments.sandbox.store import SandboxStore
from adapters.payments.sandbox.webhook_parser import SandboxSignatures, SandboxWebhookParser
from adapters.standard_webhooks import parse_secrets
from adapters.tracing.tracing import Tracing
from application.payments.capture_payment import CapturePayment
from application.payments.pay_order import PayOrder
from application.payments.payment_operations import PaymentOperations
from application.payments.provider_ports import (
    PaymentGateway,
    PaymentGateways,
    ProviderInboxes,
    ProviderWebhookParser,
)
from application.payments.provider_results import ProviderResults
from application.payments.queries import (
    FindMissingProviders,
    GetPayment,
    GetRefund,
    ListPayments,
    ListRefunds,
)
from application.payments.receive_provider_message import ReceiveProviderMessage
from application.payments.record_provider_event import RecordProviderEvent
from application.payments.refund_order import RefundOrder
from application.payments.settle_payments import SettlePayments
from application.payments.void_payment import VoidPayment
from application.shared.ports import Clock, IdFactory
from domain.payments.payment import PaymentMethod
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.orders import Orders
from entrypoints.settings import Settings

if TYPE_CHECKING:
    import httpx2

    from adapters.payments.sandbox.webhook_dispatcher import SandboxWebhookDispatcher


def _sandbox_secrets(settings: Settings) -> Sequence[bytes]:
    given = settings.sandbox_webhook_secret
    return parse_secrets(given.get_secret_value()) if given else ()


def _sandbox_url(settings: Settings) -> str:
    given = settings.sandbox_webhook_url
    return str(given) if given else f"http://localhost:{settings.port}/v1/webhooks/payments/sandbox"


def _sandbox_webhook_dispatcher(
    store: SandboxStore,
    signatures: SandboxSignatures,
    http_client: "httpx2.AsyncClient",
    clock: Clock,
    settings: Settings,
) -> "SandboxWebhookDispatcher":
    from adapters.payments.sandbox.webhook_dispatcher import SandboxWebhookDispatcher  # noqa: PLC0415 - only the worker needs the library

    return SandboxWebhookDispatcher(store, signatures, http_client, clock, url=_sandbox_url(settings))


@dataclass(frozen=True, slots=True)
class _Stripe:
    gateway: PaymentGateway
    webhook_parser: ProviderWebhookParser


def _stripe(settings: Settings, http_client: "httpx2.AsyncClient", clock: Clock) -> _Stripe:
    from adapters.payments.stripe.client import create_client  # noqa: PLC0415 - imported only where it is used, because loading takes time
    from adapters.payments.stripe.gateway import StripeGateway  # noqa: PLC0415 - imported only where it is used, because loading takes time
    from adapters.payments.stripe.webhook_parser import StripeWebhookParser  # noqa: PLC0415 - imported only where it is used, because loading takes time

    api_key, webhook_secret = settings.stripe_api_key, settings.stripe_webhook_secret
    client = create_client(
        api_key.get_secret_value() if api_key else "",
        http_client,
        api_base=str(settings.stripe_api_base) if settings.stripe_api_base else None,
    )
    secrets = webhook_secret.get_secret_value().split() if webhook_secret else []
    return _Stripe(StripeGateway(client, clock), StripeWebhookParser(client, secrets))


def _gateways(
    settings: Settings, sandbox: Callable[[], PaymentGateway], stripe: Callable[[], _Stripe]
) -> PaymentGateways:
    """Return the gateways of the configured payment providers. The code of other providers is not loaded."""
    return {
        method: sandbox() if method is PaymentMethod.SANDBOX else stripe().gateway
        for method in settings.payment_methods
    }


def _webhook_parsers(
    settings: Settings, sandbox: Callable[[], ProviderWebhookParser], stripe: Callable[[], _Stripe]
) -> ProviderInboxes:
    return {
        method: sandbox() if method is PaymentMethod.SANDBOX else stripe().webhook_parser
        for method in settings.payment_methods
    }


class Payments(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        database: Database,
        orders: Orders,
        tracing: providers.Provider[Tracing],
    ) -> None:
        super().__init__()
        self.outgoing_http = providers.Singleton(OutgoingHttp, watch=tracing.provided.watch_client)
        self.http_client = self.outgoing_http.provided.get.call()
        self.sandbox_signatures = providers.Singleton(
            SandboxSignatures,
            secrets=database.secrets,
            configured=providers.Callable(_sandbox_secrets, settings=settings),
        )
        self.sandbox_gateway = providers.Singleton(
            SandboxGateway,
            store=database.sandbox_store,
            clock=clock,
            ids=ids,
            late_by=settings.provided.order_hold,
        )
        self.sandbox_webhook_parser = providers.Singleton(
            SandboxWebhookParser, signatures=self.sandbox_signatures, clock=clock
        )
        self.sandbox_webhook_dispatcher = providers.Singleton(
            _sandbox_webhook_dispatcher,
            store=database.sandbox_store,
            signatures=self.sandbox_signatures,
            http_client=self.http_client,
            clock=clock,
            settings=settings,
        )
        self.stripe = providers.Singleton(
            _stripe, settings=settings, http_client=self.http_client, clock=clock
        )
        self.gateways = providers.Singleton(
            _gateways, settings=settings, sandbox=self.sandbox_gateway.provider, stripe=self.stripe.provider
        )
        self.webhook_parsers = providers.Singleton(
            _webhook_parsers,
            settings=settings,
            sandbox=self.sandbox_webhook_parser.provider,
            stripe=self.stripe.provider,
        )

        self.provider_results = providers.Singleton(
            ProviderResults, clock=clock, ids=ids, hold=settings.provided.order_hold
        )
        self.payment_operations = providers.Singleton(
            PaymentOperations,
            unit_of_work=database.unit_of_work,
            gateways=self.gateways,
            clock=clock,
            results=self.provider_results,
        )
        self.pay_order = providers.Singleton(
            PayOrder,
            unit_of_work=database.unit_of_work,
            gateways=self.gateways,
            clock=clock,
            ids=ids,
            results=self.provider_results,
            capture_method=settings.provided.default_capture_method,
        )
        self.capture_payment = providers.Singleton(CapturePayment, operations=self.payment_operations)
        self.void_payment = providers.Singleton(VoidPayment, operations=self.payment_operations)
        self.refund_order = providers.Singleton(
            RefundOrder,
            unit_of_work=database.unit_of_work,
            gateways=self.gateways,
            clock=clock,
            ids=ids,
            results=self.provider_results,
        )
        self.settle_payments = providers.Singleton(
            SettlePayments,
            unit_of_work=database.unit_of_work,
            gateways=self.gateways,
            clock=clock,
            results=self.provider_results,
        )
        self.find_missing_providers = providers.Singleton(
            FindMissingProviders, payments=database.payment_queries, gateways=self.gateways
        )
        self.record_provider_event = providers.Singleton(
            RecordProviderEvent,
            unit_of_work=database.unit_of_work,
            clock=clock,
            results=self.provider_results,
        )
        self.receive_provider_message = providers.Singleton(
            ReceiveProviderMessage, inboxes=self.webhook_parsers, record=self.record_provider_event
        )
        self.get_payment = providers.Singleton(
            GetPayment,
            get_order=orders.get_order,
            payments=database.payment_queries,
            gateways=self.gateways,
        )
        self.list_payments = providers.Singleton(
            ListPayments, get_order=orders.get_order, payments=database.payment_queries
        )
        self.get_refund = providers.Singleton(
            GetRefund, get_order=orders.get_order, payments=database.payment_queries
        )
        self.list_refunds = providers.Singleton(
            ListRefunds, get_order=orders.get_order, payments=database.payment_queries
        )
