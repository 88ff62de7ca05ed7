"""Settings, read from environment variables with the prefix `STEELYARD_`."""

import os
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.security.secret_box import parse_keys
from adapters.webhooks.addresses import is_public
from domain.payments.payment import CaptureMethod, PaymentMethod
from domain.users.password import LOWEST_MIN_LENGTH, MAX_LENGTH
from entrypoints.log_levels import LogLevels
from entrypoints.proxies import ProxyHeader
from entrypoints.setting_names import (
    PREFIX,
    WrongSettings,
    values_under_old_names,
    variable_of,
    warn_of_unknown_variables,
)
from entrypoints.setting_types import (
    DatabaseUrl,
    LogLevel,
    MailFrom,
    NatsUrl,
    Networks,
    Origins,
    PaymentProviders,
    SecretsKey,
    SmtpUrl,
    ValkeyUrl,
    WebAddress,
    WebhookSecrets,
    nats_servers,
)

PRIVATE_DOMAINS = {"internal", "local", "localhost", "test"}
"""Top-level domains that are reserved for private use and tests."""


def _is_public_https(url: str) -> bool:
    """Return whether the URL uses https and has a public IP address or a name that can be public."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True  # the URL has brackets without an IPv6 address
    host = parts.hostname or ""
    if parts.scheme != "https":
        return False
    try:
        return is_public(host)
    except ValueError:
        return "." in host and host.rpartition(".")[2] not in PRIVATE_DOMAINS


class Settings(BaseSettings):
    """All settings with their defaults. `config show` prints them with masked secrets."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: DatabaseUrl | None = Field(None, repr=False)
    """URL of the PostgreSQL database. Unset: an embedded PostgreSQL with its data in `data_dir`."""
    database_pooler: Literal["none", "pgbouncer"] = "none"
    """`pgbouncer`: a pooler in transaction mode is between the service and PostgreSQL."""
    database_read_url: DatabaseUrl | None = Field(None, repr=False)
    """URL of one or several read replicas. Unset: the database itself.

    The catalog, the lists of orders and the audit log are read from the replicas.
    """
    data_dir: Path = Path(".data")
    database_pool_size: int = Field(10, ge=1, le=500)
    """Database connections per process, for everything except public reads of the catalog."""
    public_read_pool_size: int = Field(4, ge=1, le=500)
    """Additional database connections per process, for public reads of the catalog.

    These reads use only these connections. Nothing else uses these connections.
    """

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    """Number of serving processes."""
    drain_delay: timedelta = Field(timedelta(0), ge=timedelta(0), le=timedelta(minutes=5))
    """How long a stopping service still accepts requests while `/readyz` fails.

    Set it to the duration after which load balancers notice the failure.
    """
    metrics_port: int = Field(9464, ge=0, le=65535)
    """The port, at `host`, of `/metrics` for Prometheus and of a worker's health checks. 0: no port."""
    metrics_dir: Path | None = None
    """Directory in which the processes of a service share their metrics.

    Unset: `serve` and `worker` create a directory.
    """
    log_level: LogLevel = "info"
    """The lowest level of log lines. Packages can have other levels.

    An example is `warning, adapters.mail=debug, access=info`.
    """
    log_level_file: Path | None = None
    """A file with log levels. The service reads the file when it starts and at SIGHUP."""
    docs_enabled: bool = True

    cors_origins: Origins = ()
    """Origins whose pages may call the service from a browser, such as `https://shop.example`. Unset: none."""
    rate_limit_enabled: bool = True
    rate_limit_reads: int = Field(1200, ge=1)
    """How many read requests a caller can send in a minute.

    A caller is a user, a service client or, for requests without a token, a network.
    """
    rate_limit_writes: int = Field(300, ge=1)
    """How many changes a caller can send in a minute. Orders do not count."""
    rate_limit_orders: int = Field(60, ge=1)
    """How many orders a caller can place in a minute."""
    rate_limit_tokens: int = Field(300, ge=1)
    """How many requests for tokens a network can send in a minute."""
    rate_limit_url: ValkeyUrl | None = None
    """Valkey or Redis server in which all processes count requests. Unset: each process counts for itself."""
    trusted_proxies: Networks = ()
    """Networks of reverse proxies that pass the client's address, such as `10.0.0.0/8, 2001:db8::7`."""
    proxy_header: ProxyHeader = "x-forwarded-for"
    """The header in which the proxies pass the client's address. The other of the two possible headers is ignored."""
    order_hold: timedelta = Field(timedelta(minutes=15), gt=timedelta(0))
    """How long an unpaid order keeps its stock reserved (ISO 8601)."""
    max_unpaid_orders: int = Field(50, ge=0)
    """How many open unpaid orders a customer can have. 0: no limit."""
    max_units_held: int = Field(1000, ge=0)
    """How many units of one product a customer can hold in open unpaid orders. 0: no limit."""
    check_interval: timedelta = Field(timedelta(hours=1), gt=timedelta(0))
    """How often a worker checks the invariants. A check reads the whole database."""

    payment_provider: PaymentMethod = PaymentMethod.SANDBOX
    """The payment provider. The sandbox moves no money. The token of a payment selects the payment's result."""
    further_payment_providers: PaymentProviders = ()
    """Payment providers in addition to `payment_provider`, such as `stripe,sandbox`.

    Each payment is settled by the provider that accepted the payment.
    """
    capture_on: Literal["request", "fulfillment"] = "request"
    """When a payment is captured. `request`: immediately. `fulfillment`: at the first fulfillment; until then, the
    payment is only authorized.
    """
    allow_sandbox: bool = False
    """For test systems: permit the sandbox even if `token_issuer` is a public https address."""
    sandbox_webhook_url: HttpUrl | None = None
    """Where the sandbox provider sends its webhooks. Unset: this machine, at `port`."""
    sandbox_webhook_secret: WebhookSecrets | None = None
    """Signing secret of the sandbox, or two secrets during a replacement: `whsec_NEW whsec_OLD`.

    Unset: the secret is generated and stored in the database.
    """

    stripe_api_key: SecretStr | None = None
    stripe_api_base: HttpUrl | None = None
    """URL of another server with the API of Stripe, such as a fake. Unset: the URL of Stripe."""
    stripe_webhook_secret: SecretStr | None = None
    """Signing secret of Stripe's webhook endpoint, or two secrets with a space during a replacement."""
    webhooks_to_private_addresses: bool = False
    """For development: also send webhooks to private IP addresses, and without TLS."""
    webhook_pause_after: timedelta = Field(timedelta(days=5), ge=timedelta(hours=1))
    """If all deliveries to a webhook endpoint fail for this time, the endpoint is paused."""

    audit_log_retention: timedelta = Field(timedelta(days=365), ge=timedelta(days=90))
    """How long entries of the audit log are stored. PCI DSS 10.5.1 requires one year."""
    nats_url: NatsUrl | None = None
    """NATS server with JetStream to which events are published, or several servers of one cluster."""
    nats_stream: str = Field("STEELYARD", pattern=r"^[A-Za-z0-9_-]+$")
    """The JetStream stream for the events. If the stream does not exist, the service creates it."""
    nats_subject_prefix: str = Field("steelyard", pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")
    """Prefix of the NATS subjects: `steelyard` results in `steelyard.order.placed`."""

    expired_order_retention: timedelta = Field(timedelta(days=30), ge=timedelta(days=1))
    """How long an order that expired without a payment is stored."""
    event_retention: timedelta | None = Field(None, ge=timedelta(days=7))
    """How long published events are stored. Unset: without limit.

    Leave this unset while a process of release 2 runs.
    """
    ledger_retention: timedelta | None = Field(None, ge=timedelta(days=30))
    """How long movements of stock are listed. Unset: without limit.

    Older movements become opening balances. Leave this unset while a process of release 2 runs.
    """
    webhook_delivery_retention: timedelta = Field(timedelta(days=30), ge=timedelta(days=7))
    """How long a completed delivery to a webhook endpoint is listed. Pending deliveries are always listed."""
    provider_event_retention: timedelta = Field(timedelta(days=90), ge=timedelta(days=30))
    """How long messages of payment providers are remembered, so that a repeated message has no effect."""
    sandbox_retention: timedelta = Field(timedelta(days=180), ge=timedelta(days=30))
    """How long the sandbox provider stores its charges and refunds."""
    idempotency_retention: timedelta = Field(timedelta(hours=72), ge=timedelta(hours=24))
    """How long a retry with the same idempotency key gets the first response."""

    body_timeout: timedelta = Field(timedelta(seconds=10), gt=timedelta(0), le=timedelta(minutes=5))
    """How long a request's body may take to arrive after the headers."""
    body_min_rate: int = Field(512, ge=1)
    """The minimum average rate of a body in bytes per second. The first 5 seconds are exempt."""
    max_unread_bodies: int = Field(512, ge=0)
    """How many requests of one process may wait for their bodies at the same time. 0: no limit."""
    max_unread_bodies_per_network: int = Field(64, ge=0)
    """How many requests of one network may wait for their bodies at the same time.

    Trusted proxies are exempt. 0: no limit.
    """
    unread_response_timeout: timedelta = Field(
        timedelta(seconds=30), ge=timedelta(seconds=1), le=timedelta(minutes=10)
    )
    """If a client accepts no data of a response for this time, the client's connection is closed. Linux only."""

    token_issuer: WebAddress = "http://127.0.0.1:8000"  # noqa: S105 - an address, not a secret
    """The service's root URL, as clients see it.

    This URL is the issuer of tokens. All URLs in the OAuth metadata begin with this URL.
    """
    token_audience: str = Field("steelyard", min_length=1)
    token_lifetime: timedelta = Field(timedelta(minutes=10), gt=timedelta(0), le=timedelta(hours=1))
    signing_keys: SecretStr | None = None
    """Signing keys: Ed25519 private keys in PEM format. The first key signs.

    If `signing_keys` and `signing_keys_file` are both unset, the signing keys are stored in the database.
    """
    signing_keys_file: Path | None = None
    """A file with signing keys. The file is reloaded regularly, so that keys can be rotated without a restart."""
    secrets_key: SecretsKey | None = None
    """Encryption keys for stored secrets: 32 bytes each in Base64, separated by spaces.

    The first key encrypts. All keys decrypt.
    """
    secrets_key_file: Path | None = None
    """A file with encryption keys for stored secrets."""
    session_idle: timedelta = Field(timedelta(days=14), gt=timedelta(0))
    """A session ends if it is not refreshed for this time."""
    session_lifetime: timedelta = Field(timedelta(days=30), gt=timedelta(0))
    """A session ends after this time, even if it is refreshed."""
    email_verification: bool = False
    """Require e-mail verification after sign-up."""
    smtp_url: SmtpUrl | None = None
    """Mail server: smtp://user:password@host:587, or smtps. Unset: mail is written to files in `data_dir`/mail."""
    mail_from: MailFrom = "Steelyard <no-reply@localhost.localdomain>"
    storefront_url: WebAddress | None = None
    """Address of the shop's own pages: links in mail lead to /verify-email and /reset-password there."""
    password_grant_enabled: bool = True
    """Permit the password grant, for the shop's own pages only. RFC 9700 advises against this grant."""
    client_secret_post_enabled: bool = False
    """Accept a service client's id and secret in the form of `POST /token`, in addition to HTTP Basic."""
    password_min_length: int = Field(12, ge=LOWEST_MIN_LENGTH, le=MAX_LENGTH)
    hashing_threads: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 1) - 1), ge=1, le=64)
    """Number of threads that hash passwords. The default leaves one core to other requests."""
    hashing_queue: int = Field(32, ge=0, le=1024)
    """How many passwords can wait to be hashed. Additional requests get a 503."""

    @model_validator(mode="after")
    def _ensure_stripe_is_set_up(self) -> Self:
        if PaymentMethod.STRIPE in self.payment_methods:
            for name in ("stripe_api_key", "stripe_webhook_secret"):
                secret: SecretStr | None = getattr(self, name)
                if secret is None or not secret.get_secret_value().strip():
                    raise ValueError(
                        f"{variable_of(name)} has to be set, and not empty, where the provider is stripe"
                    )
        return self

    @model_validator(mode="after")
    def _ensure_no_public_sandbox(self) -> Self:
        is_sandbox = PaymentMethod.SANDBOX in self.payment_methods
        if is_sandbox and not self.allow_sandbox and _is_public_https(self.token_issuer):
            raise ValueError(
                f"the sandbox accepts payments without money, and {PREFIX}TOKEN_ISSUER is a public address. Set "
                f"{PREFIX}PAYMENT_PROVIDER=stripe, or {PREFIX}ALLOW_SANDBOX=true on a test system"
            )
        return self

    @property
    def payment_methods(self) -> Sequence[PaymentMethod]:
        """All payment providers, the default first."""
        return tuple(dict.fromkeys((self.payment_provider, *self.further_payment_providers)))

    @property
    def captures_on_fulfillment(self) -> bool:
        """Whether the first shipment of an order captures its authorized payment."""
        return self.capture_on == "fulfillment"

    @property
    def default_capture_method(self) -> CaptureMethod:
        """The capture method of a payment if the request for the payment names no method."""
        return CaptureMethod.MANUAL if self.captures_on_fulfillment else CaptureMethod.AUTOMATIC

    @property
    def nats_servers(self) -> Sequence[str]:
        """The URLs of the NATS servers. The list is empty if events are not published to NATS."""
        return () if self.nats_url is None else nats_servers(self.nats_url)

    @property
    def is_on_loopback(self) -> bool:
        """Whether only clients on this machine can reach the service.

        The result depends on the host in `token_issuer`.
        """
        host = urlsplit(self.token_issuer).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def source_of_signing_keys(self) -> str | None:
        """The variable that provides the signing keys, or None if the database stores the keys."""
        if self.signing_keys_file is not None:
            return f"{PREFIX}SIGNING_KEYS_FILE"
        return f"{PREFIX}SIGNING_KEYS" if self.signing_keys is not None else None

    def read_log_levels(self) -> LogLevels:
        """Return the configured levels.

        Raises WrongSettings for a file that is unreadable or invalid.
        """
        if self.log_level_file is None:
            return LogLevels.parse(self.log_level)
        try:
            return LogLevels.parse(self.log_level_file.read_text())
        except (OSError, ValueError) as error:
            raise WrongSettings(f"{PREFIX}LOG_LEVEL_FILE is wrong: {error}") from None

    def read_signing_keys(self) -> bytes:
        """Return the configured signing keys in PEM format. Raises OSError."""
        if self.signing_keys_file is not None:
            return self.signing_keys_file.read_bytes()
        return self.signing_keys.get_secret_value().encode() if self.signing_keys is not None else b""

    def read_secrets_keys(self) -> Sequence[bytes]:
        """Return the encryption keys for stored secrets.

        The result is empty if no key is configured. Raises WrongSettings.
        """
        if self.secrets_key_file is not None:
            try:
                return parse_keys(self.secrets_key_file.read_text())
            except (OSError, ValueError) as error:
                raise WrongSettings(f"{PREFIX}SECRETS_KEY_FILE is wrong: {error}.") from None
        return parse_keys(self.secrets_key.get_secret_value()) if self.secrets_key is not None else ()

    @property
    def is_database_pooled(self) -> bool:
        return self.database_pooler != "none"

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings, and log a warning for each unknown variable.

        Unknown variables are no error, because a release must accept the variables of a newer release.

        Raises:
            WrongSettings: a setting is invalid; the message describes the first invalid setting.
        """
        warn_of_unknown_variables(cls.model_fields)
        try:
            return cls(**values_under_old_names())
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            complaint = first["msg"].removeprefix("Value error, ")
            if not first["loc"]:
                raise WrongSettings(f"{complaint}.") from None
            name = variable_of(str(first["loc"][0]))
            raise WrongSettings(f"{name} is wrong: {complaint}.") from None
