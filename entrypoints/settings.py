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
from sqlalchemy.engine import make_url

from adapters.security.secret_box import parse_keys
from adapters.webhooks.addresses import is_public
from domain.payments.method import PaymentMethod
from domain.payments.payment import CaptureMethod
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
    """Return whether the URL is https at a public IP address, or at a name that can be public."""
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


def _formatted(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _iso_duration(duration: timedelta) -> str:
    """Format a duration as in ISO 8601, with days as the largest unit: P365D, not P1Y."""
    seconds = duration.total_seconds() - duration.days * 86_400
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    days = f"{duration.days}D" if duration.days else ""
    time = "".join(
        f"{amount:g}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if amount
    )
    return f"P{days}{'T' + time if time or not days else ''}{'' if time or days else '0S'}"


class Settings(BaseSettings):
    """All settings with their defaults. `config show` prints them with masked secrets."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: DatabaseUrl | None = Field(None, repr=False)
    """URL of the PostgreSQL database. Unset: an embedded one, with its data in `data_dir`."""
    database_pooler: Literal["none", "pgbouncer"] = "none"
    """`pgbouncer`: a pooler in transaction mode is between the service and PostgreSQL."""
    database_read_url: DatabaseUrl | None = Field(None, repr=False)
    """URL of a read replica, or of several: for the catalog, the lists of orders, and the audit log. Unset: the database itself."""
    data_dir: Path = Path(".data")
    database_pool_size: int = Field(10, ge=1, le=500)
    """Database connections per process, for everything but public reads."""
    public_read_pool_size: int = Field(4, ge=1, le=500)
    """Additional database connections per process, for public reads of the catalog. These reads use no others."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    """Number of serving processes."""
    drain_delay: timedelta = Field(timedelta(0), ge=timedelta(0), le=timedelta(minutes=5))
    """How long a stopping service accepts requests while `/readyz` fails: as long as load balancers need to notice."""
    metrics_port: int = Field(9464, ge=0, le=65535)
    """The port of `/metrics` for Prometheus, at `host`, and of the health checks of a worker. 0: none."""
    metrics_dir: Path | None = None
    """Directory in which the processes of a service share their metrics. Unset: `serve` and `worker` create one."""
    log_level: LogLevel = "info"
    """The lowest level of log lines, and those of packages: `warning, adapters.mail=debug, access=info`."""
    log_level_file: Path | None = None
    """A file with such levels, which is read at the start and at SIGHUP."""
    docs_enabled: bool = True

    cors_origins: Origins = ()
    """Origins whose pages may call the service from a browser, such as `https://shop.example`. Unset: none."""
    rate_limit_enabled: bool = True
    rate_limit_reads: int = Field(1200, ge=1)
    """How many reads a caller can send in a minute: a user, a service client, or a network without a token."""
    rate_limit_writes: int = Field(300, ge=1)
    """How many changes a caller can send in a minute, except orders."""
    rate_limit_orders: int = Field(60, ge=1)
    """How many orders a caller can place in a minute."""
    rate_limit_tokens: int = Field(300, ge=1)
    """How many requests for tokens a network can send in a minute."""
    rate_limit_url: ValkeyUrl | None = None
    """Valkey or Redis server in which all processes count requests. Unset: each process counts for itself."""
    trusted_proxies: Networks = ()
    """Networks of reverse proxies that pass the client's address, such as `10.0.0.0/8, 2001:db8::7`."""
    proxy_header: ProxyHeader = "x-forwarded-for"
    """The header in which the proxies pass the client's address. The other header is ignored."""
    order_hold: timedelta = Field(timedelta(minutes=15), gt=timedelta(0))
    """How long an unpaid order keeps its stock reserved (ISO 8601)."""
    max_unpaid_orders: int = Field(50, ge=0)
    """How many open unpaid orders a customer can have. 0: no limit."""
    max_units_held: int = Field(1000, ge=0)
    """How many units of one product a customer can hold in open unpaid orders. 0: no limit."""
    check_interval: timedelta = Field(timedelta(hours=1), gt=timedelta(0))
    """How often a worker checks the invariants. A check reads the whole database."""

    payment_provider: PaymentMethod = PaymentMethod.SANDBOX
    """The payment provider. The sandbox moves no money; payment tokens select its results."""
    further_payment_providers: PaymentProviders = ()
    """Providers besides `payment_provider`, like `stripe,sandbox`. Each payment is settled by the provider that took it."""
    capture_on: Literal["request", "fulfillment"] = "request"
    """When money is captured: at the payment's `request`, or at the first `fulfillment` after an authorization."""
    allow_sandbox: bool = False
    """For test systems: permit the sandbox even if the issuer is https at a public address."""
    sandbox_webhook_url: HttpUrl | None = None
    """Where the sandbox provider sends its webhooks. Unset: this machine, at `port`."""
    sandbox_webhook_secret: WebhookSecrets | None = None
    """Signing secret of the sandbox, like `whsec_NEW whsec_OLD`. Unset: generated and stored in the database."""

    stripe_api_key: SecretStr | None = None
    stripe_api_base: HttpUrl | None = None
    """Address of Stripe's API, if it is not Stripe's own."""
    stripe_webhook_secret: SecretStr | None = None
    """Signing secret of Stripe's webhook endpoint; two, separated by a space, during a replacement."""
    webhooks_to_private_addresses: bool = False
    """For development: also send webhooks to private addresses, and without TLS."""
    webhook_pause_after: timedelta = Field(timedelta(days=5), ge=timedelta(hours=1))
    """How long every delivery to a webhook endpoint must fail before the endpoint is paused."""

    audit_log_retention: timedelta = Field(timedelta(days=365), ge=timedelta(days=90))
    """How long entries of the audit log are stored. PCI DSS 10.5.1 requires one year."""
    nats_url: NatsUrl | None = None
    """NATS server with JetStream to which events are published, or several servers of one cluster."""
    nats_stream: str = Field("STEELYARD", pattern=r"^[A-Za-z0-9_-]+$")
    """The stream for the events. It is created if it does not exist."""
    nats_subject_prefix: str = Field("steelyard", pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")
    """Prefix of the subjects: `steelyard` results in `steelyard.order.placed`."""

    expired_order_retention: timedelta = Field(timedelta(days=30), ge=timedelta(days=1))
    """How long an order that expired without a payment is stored."""
    event_retention: timedelta | None = Field(None, ge=timedelta(days=7))
    """How long published events are stored. Unset: all are kept. Set it when no process of release 2 runs any more."""
    ledger_retention: timedelta | None = Field(None, ge=timedelta(days=30))
    """How long movements of stock are listed; older ones become opening balances. Unset: all are kept, see `event_retention`."""
    webhook_delivery_retention: timedelta = Field(timedelta(days=30), ge=timedelta(days=7))
    """How long a delivery to a webhook endpoint is listed, unless it is pending."""
    provider_event_retention: timedelta = Field(timedelta(days=90), ge=timedelta(days=30))
    """How long messages of payment providers are remembered, so that a repeated one has no effect."""
    sandbox_retention: timedelta = Field(timedelta(days=180), ge=timedelta(days=30))
    """How long the sandbox provider knows its charges and refunds."""
    idempotency_retention: timedelta = Field(timedelta(hours=72), ge=timedelta(hours=24))
    """How long a retry with the same idempotency key gets the first response."""

    body_timeout: timedelta = Field(timedelta(seconds=10), gt=timedelta(0), le=timedelta(minutes=5))
    """How long a request's body may take to arrive."""
    body_min_rate: int = Field(512, ge=1)
    """Bytes per second that a body must arrive at on average, after its first 5 seconds."""
    max_unread_bodies: int = Field(512, ge=0)
    """How many requests of one process may be waiting for their bodies at once; 0 means no bound."""
    max_unread_bodies_per_network: int = Field(64, ge=0)
    """How many requests of one network may be waiting for their bodies at once. Trusted proxies are exempt."""
    unread_response_timeout: timedelta = Field(
        timedelta(seconds=30), ge=timedelta(seconds=1), le=timedelta(minutes=10)
    )
    """A connection is closed if its client accepts no data of a response for this time. Linux only."""

    token_issuer: WebAddress = "http://127.0.0.1:8000"  # noqa: S105 - an address, not a secret
    """The service's address as its clients see it: the issuer of tokens, and the base of the metadata's addresses."""
    token_audience: str = Field("steelyard", min_length=1)
    token_lifetime: timedelta = Field(timedelta(minutes=10), gt=timedelta(0), le=timedelta(hours=1))
    signing_keys: SecretStr | None = None
    """Ed25519 private keys in PEM format, the first one signs. Without this and the file: keys in the database."""
    signing_keys_file: Path | None = None
    """A file with signing keys. It is reloaded regularly, so that keys can be rotated without a restart."""
    secrets_key: SecretsKey | None = None
    """Keys that encrypt stored secrets, 32 bytes each in Base64, separated by spaces: the first encrypts, all decrypt."""
    secrets_key_file: Path | None = None
    """A file with keys that encrypt stored secrets."""
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
    """Permit the password grant, against which RFC 9700 advises, for the shop's own pages only."""
    client_secret_post_enabled: bool = False
    """Accept a service client's id and secret in the form of `POST /token`, in addition to HTTP Basic."""
    password_min_length: int = Field(12, ge=LOWEST_MIN_LENGTH, le=MAX_LENGTH)
    hashing_threads: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 1) - 1), ge=1, le=64)
    """Threads that hash passwords. By default one core is left to other requests."""
    hashing_queue: int = Field(32, ge=0, le=1024)
    """How many passwords can wait to be hashed before further requests get a 503."""

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
        """The capture method of a payment whose request names none."""
        return CaptureMethod.MANUAL if self.captures_on_fulfillment else CaptureMethod.AUTOMATIC

    @property
    def nats_servers(self) -> Sequence[str]:
        """The URLs of the NATS servers; empty if events are not published there."""
        return () if self.nats_url is None else nats_servers(self.nats_url)

    @property
    def is_on_loopback(self) -> bool:
        """Whether only clients on this machine can reach the service.

        The result depends on the host in the address of the token issuer.
        """
        host = urlsplit(self.token_issuer).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def source_of_signing_keys(self) -> str | None:
        """The variable that provides the signing keys, or None if they are stored in the database."""
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
        """Return the provided keys in PEM format. Raises OSError."""
        if self.signing_keys_file is not None:
            return self.signing_keys_file.read_bytes()
        return self.signing_keys.get_secret_value().encode() if self.signing_keys is not None else b""

    def read_secrets_keys(self) -> Sequence[bytes]:
        """Return the keys that encrypt stored secrets: none if none are set. Raises WrongSettings."""
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

        An older release must accept the variables of a newer release.

        Raises:
            WrongSettings: a setting is invalid; the message is about the first one.
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

    def masked(self) -> dict[str, str]:
        """Return all settings by the names of their variables.

        Secrets are masked, and unset values are empty.
        """
        values = {
            name: _iso_duration(value) if isinstance(value := getattr(self, name), timedelta) else dumped
            for name, dumped in self.model_dump(mode="json").items()
        }
        shown = {variable_of(name): _formatted(value) for name, value in values.items()}
        for name in ("database_url", "database_read_url"):
            if value := getattr(self, name):
                url = make_url(value)
                url = url.update_query_dict({key: "hidden" for key in url.query if "pass" in key})
                shown[variable_of(name)] = url.render_as_string(hide_password=True)
        return shown
