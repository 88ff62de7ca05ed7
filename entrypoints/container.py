"""Which adapter stands behind which port: the one place that knows."""

from collections.abc import Iterator
from secrets import SystemRandom, token_bytes
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.clock import SystemClock
from adapters.ids import UuidV7Factory
from adapters.mail.files import FileMailer
from adapters.mail.smtp import SmtpMailer
from adapters.outgoing_http import OutgoingHttp
from adapters.payments.sandbox.gateway import SandboxGateway
from adapters.payments.sandbox.webhook_dispatcher import SandboxWebhookDispatcher
from adapters.payments.sandbox.webhook_parser import SandboxSignatures, SandboxWebhookParser
from adapters.postgres.audit.audit_log import PostgresAuditRecords
from adapters.postgres.audit.queries import PostgresAuditQueries
from adapters.postgres.catalog.product_queries import PostgresProductQueries
from adapters.postgres.catalog.stock_queries import PostgresStockQueries
from adapters.postgres.checks.findings import PostgresFindingRecords
from adapters.postgres.checks.invariant_checks import PostgresInvariantChecks
from adapters.postgres.clients.queries import PostgresClientQueries
from adapters.postgres.core.engine import create_checking_engine, create_engine, create_sessions
from adapters.postgres.core.health import PostgresHealth
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.events.event_feed import PostgresEventFeed
from adapters.postgres.events.queries import PostgresOutboxQueries
from adapters.postgres.events.relay_progress import PostgresRelayProgress
from adapters.postgres.idempotency.records import PostgresIdempotencyRecordStore
from adapters.postgres.orders.queries import PostgresOrderQueries
from adapters.postgres.payments.queries import PostgresPaymentQueries
from adapters.postgres.payments.sandbox_store import PostgresSandboxStore
from adapters.postgres.sessions.queries import PostgresSessionQueries
from adapters.postgres.signing.secrets import PostgresSecrets
from adapters.postgres.signing.signing_keys import PostgresSigningKeys
from adapters.postgres.throttling.attempts import PostgresAttemptRecords
from adapters.postgres.users.queries import PostgresUserQueries
from adapters.postgres.webhooks.delivery_queue import PostgresDeliveryQueue
from adapters.postgres.webhooks.queries import PostgresWebhookQueries
from adapters.randomness import SystemRandomness
from adapters.rate_limits.in_process import InProcessRateLimiter
from adapters.rate_limits.unlimited import UnlimitedRateLimiter
from adapters.security.breached import ListedBreachedPasswords
from adapters.security.given_keys import GivenSigningKeys
from adapters.security.keys import generate_signing_key
from adapters.security.passwords import Argon2PasswordHasher
from adapters.security.tokens import Ed25519AccessTokens
from adapters.security.verified_tokens import RememberedAccessTokens
from adapters.webhooks.sender import HttpWebhookSender
from application.audit.list_audit_entries import ListAuditEntries
from application.audit.prune_audit_log import PruneAuditLog
from application.catalog.adjust_stock import AdjustStock
from application.catalog.archive_product import ArchiveProduct
from application.catalog.change_product import ChangeProduct
from application.catalog.count_stock import CountStock
from application.catalog.create_product import CreateProduct
from application.catalog.get_product import GetProduct
from application.catalog.get_stock import GetStock
from application.catalog.import_catalog import ImportCatalog
from application.catalog.list_movements import ListMovements
from application.catalog.list_products import ListProducts
from application.checks.check_shop import CheckShop
from application.clients.authenticate_client import AuthenticateClient
from application.clients.create_client import CreateClient
from application.clients.disable_client import DisableClient
from application.clients.issue_token import IssueToken
from application.clients.list_clients import ListClients
from application.clients.retire_secret import RetireSecret
from application.clients.roll_secret import RollSecret
from application.events.list_events import ListEvents
from application.events.relay_events import RelayEvents
from application.mail.deliver_mail import DeliverMail
from application.mail.message import MailTemplates
from application.mail.ports import Mailer
from application.orders.cancel_order import CancelOrder
from application.orders.expire_orders import ExpireOrders
from application.orders.fulfill_order import FulfillOrder
from application.orders.get_fulfillment import GetFulfillment
from application.orders.get_order import GetOrder
from application.orders.list_fulfillments import ListFulfillments
from application.orders.list_orders import ListOrders
from application.orders.list_status_changes import ListStatusChanges
from application.orders.place_order import PlaceOrder, PlaceOrderBatch
from application.orders.preview_order import PreviewOrder
from application.orders.release_expired_holds import ReleaseExpiredHolds
from application.payments.get_payment import GetPayment
from application.payments.get_refund import GetRefund
from application.payments.list_payments import ListPayments
from application.payments.list_refunds import ListRefunds
from application.payments.pay_order import PayOrder
from application.payments.receive_provider_message import ReceiveProviderMessage
from application.payments.record_provider_event import RecordProviderEvent
from application.payments.refund_order import RefundOrder
from application.payments.settle_payments import SettlePayments
from application.rate_limits.ports import RateLimiter
from application.sessions.end_session import EndSession
from application.sessions.list_sessions import ListSessions
from application.sessions.log_in import LogIn
from application.sessions.refresh_session import RefreshSession
from application.sessions.revoke_token import RevokeToken
from application.shared.admission import Admission
from application.shared.batching import Batcher
from application.shared.prune_idempotency_records import PruneIdempotencyRecords
from application.signing.reload_keys import ReloadKeys
from application.signing.rotate_key import MAX_SKEW, RotateKey
from application.throttling.prune_attempts import PruneAttempts
from application.throttling.throttle import CountingThrottle, NullThrottle
from application.users.authenticate import Authenticate
from application.users.change_me import ChangeMe
from application.users.change_password import ChangePassword
from application.users.change_user import ChangeUser
from application.users.close_account import CloseAccount
from application.users.confirm_principal import ConfirmPrincipal
from application.users.erase_closed_accounts import EraseClosedAccounts
from application.users.get_me import GetMe
from application.users.get_user import GetUser
from application.users.list_users import ListUsers
from application.users.password_policy import PasswordPolicy
from application.users.request_password_reset import RequestPasswordReset
from application.users.request_sign_up import RequestSignUp
from application.users.reset_password import ResetPassword
from application.users.sign_up import SignUp
from application.users.verify_email import VerifyEmail
from application.webhooks.create_endpoint import CreateEndpoint
from application.webhooks.delete_endpoint import DeleteEndpoint
from application.webhooks.deliver_webhooks import DeliverWebhooks
from application.webhooks.get_endpoint import GetEndpoint
from application.webhooks.list_deliveries import ListDeliveries
from application.webhooks.list_endpoints import ListEndpoints
from application.webhooks.queue_deliveries import QueueDeliveries
from application.webhooks.retry_delivery import RetryDelivery
from domain.sessions.session import SessionLifetime
from entrypoints.payment_provider import create_stripe, gateways, inboxes, sandbox_secrets, sandbox_url
from entrypoints.proxies import TrustedProxies
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from adapters.publishers.nats import NatsPublisher


def _hasher(*, workers: int, max_waiting: int) -> Iterator[Argon2PasswordHasher]:
    hasher = Argon2PasswordHasher(workers=workers, max_waiting=max_waiting)
    yield hasher
    hasher.close()


def _limiter_name(settings: Settings) -> str:
    if not settings.rate_limit_enabled:
        return "unlimited"
    return "in_process" if settings.rate_limit_url is None else "shared"


def _shared_limiter(settings: Settings, in_process: InProcessRateLimiter) -> RateLimiter:
    """Return the limiter that all processes share; `in_process` counts while its server is away."""
    from adapters.rate_limits.valkey import ValkeyRateLimiter, connect  # noqa: PLC0415 - a shop of one process need not wait for the library

    if settings.rate_limit_url is None:
        raise ValueError("Where the limits are shared has to be set.")
    return ValkeyRateLimiter(connect(settings.rate_limit_url.get_secret_value()), in_process)


def _throttle_name(settings: Settings) -> str:
    return "counted" if settings.rate_limit_enabled else "open"


def _mailer(settings: Settings) -> Mailer:
    if settings.smtp_url is not None:
        return SmtpMailer(settings.smtp_url.get_secret_value(), sender=settings.mail_from)
    return FileMailer(settings.data_dir / "mail", sender=settings.mail_from)


def _source_of_keys(settings: Settings) -> str:
    return "given" if settings.source_of_signing_keys else "database"


def _nats_publisher(settings: Settings) -> "NatsPublisher":
    from adapters.publishers.nats import NatsPublisher  # noqa: PLC0415 - a shop without NATS need not wait for the library

    return NatsPublisher(
        settings.nats_servers,
        stream=settings.nats_stream,
        prefix=settings.nats_subject_prefix,
        source=settings.token_issuer,
    )


class Container(containers.DeclarativeContainer):
    """Everything is made once, when it is first asked for, and is safe to share between requests."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(UuidV7Factory)
    randomness = providers.Singleton(SystemRandomness)

    engine = providers.Singleton(
        create_engine, settings.provided.database_url, pool_size=settings.provided.database_pool_size
    )
    sessions = providers.Singleton(create_sessions, engine)
    unit_of_work = providers.Singleton(PostgresUnitOfWorkFactory, sessions, ids)
    health = providers.Singleton(PostgresHealth, engine)
    make_signing_key = providers.Object(generate_signing_key)
    signing_key_store = providers.Singleton(PostgresSigningKeys, engine)
    signing_keys = providers.Selector(
        providers.Callable(_source_of_keys, settings),
        database=signing_key_store,
        given=providers.Singleton(GivenSigningKeys, settings.provided.read_signing_keys),
    )
    secrets = providers.Singleton(PostgresSecrets, engine)
    user_queries = providers.Singleton(PostgresUserQueries, engine)
    session_queries = providers.Singleton(PostgresSessionQueries, engine)
    client_queries = providers.Singleton(PostgresClientQueries, engine)
    product_queries = providers.Singleton(PostgresProductQueries, engine)
    stock_queries = providers.Singleton(PostgresStockQueries, engine)
    order_queries = providers.Singleton(PostgresOrderQueries, engine)
    invariant_checks = providers.Singleton(
        PostgresInvariantChecks,
        providers.Singleton(create_checking_engine, settings.provided.database_url),
    )
    finding_records = providers.Singleton(PostgresFindingRecords, engine)
    check_shop = providers.Singleton(CheckShop, invariant_checks, finding_records, clock)
    payment_queries = providers.Singleton(PostgresPaymentQueries, engine)
    outbox_queries = providers.Singleton(PostgresOutboxQueries, engine)
    event_feed = providers.Singleton(PostgresEventFeed, engine)
    relay_progress = providers.Singleton(PostgresRelayProgress, engine)
    webhook_queries = providers.Singleton(PostgresWebhookQueries, engine)
    delivery_queue = providers.Singleton(PostgresDeliveryQueue, engine, ids)

    hasher = providers.Resource(
        _hasher,
        workers=settings.provided.hashing_threads,
        max_waiting=settings.provided.hashing_queue,
    )
    breached_passwords = providers.Singleton(ListedBreachedPasswords)
    password_policy = providers.Singleton(
        PasswordPolicy, breached_passwords, settings.provided.password_min_length
    )
    signed_tokens = providers.Singleton(
        Ed25519AccessTokens,
        issuer=settings.provided.token_issuer,
        audience=settings.provided.token_audience,
        lifetime=settings.provided.token_lifetime,
        leeway=MAX_SKEW,
    )
    access_tokens = providers.Singleton(RememberedAccessTokens, signed_tokens)

    trusted_proxies = providers.Singleton(
        TrustedProxies, settings.provided.trusted_proxies, settings.provided.proxy_header
    )
    mailer = providers.Singleton(_mailer, settings)
    letters = providers.Singleton(MailTemplates, settings.provided.storefront_url)
    deliver_mail = providers.Singleton(DeliverMail, unit_of_work, mailer, letters, clock, randomness)

    in_process_limiter = providers.Singleton(InProcessRateLimiter)
    rate_limiter = providers.Selector(
        providers.Callable(_limiter_name, settings),
        in_process=in_process_limiter,
        shared=providers.Singleton(_shared_limiter, settings, in_process_limiter),
        unlimited=providers.Singleton(UnlimitedRateLimiter),
    )

    throttle = providers.Selector(
        providers.Callable(_throttle_name, settings),
        counted=providers.Singleton(CountingThrottle, clock),
        open=providers.Singleton(NullThrottle),
    )
    attempt_records = providers.Singleton(PostgresAttemptRecords, engine)
    prune_attempts = providers.Singleton(PruneAttempts, attempt_records, clock)

    audit_queries = providers.Singleton(PostgresAuditQueries, engine)
    audit_records = providers.Singleton(PostgresAuditRecords, engine)
    list_audit_entries = providers.Singleton(ListAuditEntries, audit_queries)
    prune_audit_log = providers.Singleton(
        PruneAuditLog, audit_records, clock, settings.provided.audit_log_kept
    )

    sign_up = providers.Singleton(SignUp, unit_of_work, throttle, hasher, password_policy, clock, ids)
    request_sign_up = providers.Singleton(
        RequestSignUp, unit_of_work, throttle, hasher, password_policy, clock, ids
    )
    verify_email = providers.Singleton(VerifyEmail, unit_of_work, clock)
    request_password_reset = providers.Singleton(RequestPasswordReset, unit_of_work, throttle, clock)
    reset_password = providers.Singleton(ResetPassword, unit_of_work, hasher, password_policy, clock)
    reload_keys = providers.Singleton(ReloadKeys, signing_keys, access_tokens, clock)
    rotate_key = providers.Singleton(
        RotateKey, signing_key_store, make_signing_key, clock, ids, settings.provided.token_lifetime
    )
    authenticate = providers.Singleton(Authenticate, access_tokens, reload_keys, clock)
    confirm_principal = providers.Singleton(ConfirmPrincipal, user_queries, client_queries, clock)
    get_user = providers.Singleton(GetUser, user_queries)
    get_me = providers.Singleton(GetMe, user_queries)
    close_account = providers.Singleton(CloseAccount, unit_of_work, clock, ids)
    erase_closed_accounts = providers.Singleton(EraseClosedAccounts, unit_of_work)
    list_users = providers.Singleton(ListUsers, user_queries)
    change_user = providers.Singleton(ChangeUser, unit_of_work, clock)
    change_me = providers.Singleton(ChangeMe, unit_of_work, clock)
    change_password = providers.Singleton(
        ChangePassword, unit_of_work, throttle, hasher, password_policy, clock
    )

    session_lifetime = providers.Singleton(
        SessionLifetime, idle=settings.provided.session_idle, absolute=settings.provided.session_lifetime
    )
    log_in = providers.Singleton(
        LogIn, unit_of_work, throttle, hasher, access_tokens, clock, ids, randomness, session_lifetime
    )
    refresh_session = providers.Singleton(
        RefreshSession, unit_of_work, access_tokens, clock, ids, randomness, session_lifetime
    )
    revoke_token = providers.Singleton(RevokeToken, unit_of_work, authenticate, clock)
    list_sessions = providers.Singleton(ListSessions, session_queries, clock)
    end_session = providers.Singleton(EndSession, unit_of_work, clock)

    create_client = providers.Singleton(CreateClient, unit_of_work, clock, ids, randomness)
    list_clients = providers.Singleton(ListClients, client_queries)
    roll_secret = providers.Singleton(RollSecret, unit_of_work, clock, ids, randomness)
    retire_secret = providers.Singleton(RetireSecret, unit_of_work, clock)
    disable_client = providers.Singleton(DisableClient, unit_of_work, clock)
    authenticate_client = providers.Singleton(AuthenticateClient, unit_of_work, throttle, clock)
    issue_token = providers.Singleton(IssueToken, authenticate_client, access_tokens, clock, ids)

    create_product = providers.Singleton(CreateProduct, unit_of_work, clock, ids)
    change_product = providers.Singleton(ChangeProduct, unit_of_work, clock)
    archive_product = providers.Singleton(ArchiveProduct, unit_of_work, clock)
    get_product = providers.Singleton(GetProduct, product_queries)
    list_products = providers.Singleton(ListProducts, product_queries)
    import_catalog = providers.Singleton(ImportCatalog, unit_of_work, clock, ids)
    get_stock = providers.Singleton(GetStock, stock_queries)
    list_movements = providers.Singleton(ListMovements, stock_queries)
    count_stock = providers.Singleton(CountStock, unit_of_work, clock)
    adjust_stock = providers.Singleton(AdjustStock, unit_of_work, clock, ids)

    replay_records = providers.Singleton(PostgresIdempotencyRecordStore, engine)
    prune_replays = providers.Singleton(
        PruneIdempotencyRecords, replay_records, clock, settings.provided.replays_kept
    )

    place_order_batch = providers.Singleton(
        PlaceOrderBatch, unit_of_work, clock, ids, settings.provided.order_hold
    )
    order_batcher = providers.Singleton(Batcher, place_order_batch)
    order_admission = providers.Singleton(Admission, order_batcher)
    make_room = providers.Singleton(ReleaseExpiredHolds, unit_of_work, clock)
    room_batcher = providers.Singleton(Batcher, make_room)
    place_order = providers.Singleton(PlaceOrder, order_batcher, room_batcher, order_queries)
    preview_order = providers.Singleton(PreviewOrder, unit_of_work, room_batcher)
    cancel_order = providers.Singleton(CancelOrder, unit_of_work, clock, ids)
    fulfil_order = providers.Singleton(FulfillOrder, unit_of_work, clock, ids)
    expire_orders = providers.Singleton(ExpireOrders, unit_of_work, clock)
    get_order = providers.Singleton(GetOrder, order_queries)
    list_orders = providers.Singleton(ListOrders, order_queries)
    list_status_changes = providers.Singleton(ListStatusChanges, get_order, order_queries)
    get_fulfillment = providers.Singleton(GetFulfillment, get_order, order_queries)
    list_fulfillments = providers.Singleton(ListFulfillments, get_order, order_queries)

    outgoing_http = providers.Singleton(OutgoingHttp)
    list_events = providers.Singleton(ListEvents, event_feed)
    create_endpoint = providers.Singleton(
        CreateEndpoint,
        unit_of_work,
        clock,
        ids,
        providers.Object(token_bytes),
        allow_plain_http=settings.provided.webhooks_to_private_addresses,
    )
    delete_endpoint = providers.Singleton(DeleteEndpoint, unit_of_work, clock)
    get_endpoint = providers.Singleton(GetEndpoint, webhook_queries)
    list_endpoints = providers.Singleton(ListEndpoints, webhook_queries)
    list_deliveries = providers.Singleton(ListDeliveries, get_endpoint, webhook_queries)
    retry_delivery = providers.Singleton(RetryDelivery, unit_of_work, clock)
    queue_deliveries = providers.Singleton(QueueDeliveries, delivery_queue, clock)
    relay_to_webhooks = providers.Singleton(
        RelayEvents, event_feed, relay_progress, queue_deliveries, clock, ids
    )
    nats_publisher = providers.Singleton(_nats_publisher, settings)
    relay_to_nats = providers.Singleton(RelayEvents, event_feed, relay_progress, nats_publisher, clock, ids)
    webhook_sender = providers.Singleton(
        HttpWebhookSender, clock, to_private_addresses=settings.provided.webhooks_to_private_addresses
    )
    deliver_webhooks = providers.Singleton(
        DeliverWebhooks,
        delivery_queue,
        webhook_sender,
        clock,
        providers.Object(SystemRandom().random),
        settings.provided.token_issuer,
    )
    http_client = providers.Singleton(OutgoingHttp.get, outgoing_http)
    sandbox_store = providers.Singleton(PostgresSandboxStore, engine)
    sandbox_signatures = providers.Singleton(
        SandboxSignatures, secrets, providers.Callable(sandbox_secrets, settings)
    )
    sandbox_gateway = providers.Singleton(
        SandboxGateway, sandbox_store, clock, ids, late_by=settings.provided.order_hold
    )
    sandbox_inbox = providers.Singleton(SandboxWebhookParser, sandbox_signatures, clock)
    sandbox_courier = providers.Singleton(
        SandboxWebhookDispatcher,
        sandbox_store,
        sandbox_signatures,
        http_client,
        clock,
        url=providers.Callable(sandbox_url, settings),
    )
    stripe = providers.Singleton(create_stripe, settings, http_client, clock)
    payment_gateway = providers.Selector(
        settings.provided.payment_provider, sandbox=sandbox_gateway, stripe=stripe.provided.gateway
    )
    provider_inbox = providers.Selector(
        settings.provided.payment_provider, sandbox=sandbox_inbox, stripe=stripe.provided.inbox
    )
    payment_gateways = providers.Singleton(gateways, settings, payment_gateway)
    provider_inboxes = providers.Singleton(inboxes, settings, provider_inbox)

    pay_order = providers.Singleton(PayOrder, unit_of_work, payment_gateways, clock, ids)
    refund_order = providers.Singleton(RefundOrder, unit_of_work, payment_gateways, clock, ids)
    settle_payments = providers.Singleton(SettlePayments, unit_of_work, payment_gateways, clock, ids)
    record_provider_event = providers.Singleton(RecordProviderEvent, unit_of_work, clock, ids)
    get_payment = providers.Singleton(GetPayment, get_order, payment_queries)
    list_payments = providers.Singleton(ListPayments, get_order, payment_queries)
    get_refund = providers.Singleton(GetRefund, get_order, payment_queries)
    list_refunds = providers.Singleton(ListRefunds, get_order, payment_queries)
    receive_provider_message = providers.Singleton(
        ReceiveProviderMessage, provider_inboxes, record_provider_event
    )
