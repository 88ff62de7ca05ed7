"""Settings, read from environment variables with the prefix `STEELYARD_`."""

import logging
import os
import re
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from adapters.security.secret_box import parse_keys
from adapters.standard_webhooks import parse_secrets
from adapters.webhooks.addresses import is_public
from domain.payments.method import PaymentMethod
from domain.payments.payment import CaptureMethod
from domain.users.password import LOWEST_MIN_LENGTH, MAX_LENGTH
from entrypoints.proxies import IPNetwork, ProxyHeader

PREFIX = "STEELYARD_"
TEST_PREFIX = "STEELYARD_TEST_"
"""Prefix of variables for the test suite, which the service ignores."""
PRIVATE_DOMAINS = {"internal", "local", "localhost", "test"}
"""Top-level domains that are reserved for private use and tests."""
OLD_NAMES = {
    "check_every": "check_interval",
    "audit_log_kept": "audit_log_retention",
    "replays_kept": "idempotency_retention",
}
"""Former names of settings. They still work, with a warning."""

_log = logging.getLogger(__name__)


class WrongSettings(Exception):
    """A setting is invalid or unknown. The message is one line that names it."""


def _asyncpg_url(url: str) -> str:
    """Return the URL with the driver asyncpg, so that a plain `postgresql://` also works."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("a URL like postgresql://user:password@host:5432/database is needed") from None
    if parsed.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("only PostgreSQL is supported: postgresql://user:password@host:5432/database")
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def _web_address(url: str) -> str:
    """Apply the rules for an issuer (RFC 8414, section 2), but also allow plain http, for use on one machine."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?", url):
        raise ValueError(
            "a URL like https://shop.example is needed, without query, fragment or slash at its end"
        )
    return url


def _is_public_https(url: str) -> bool:
    """Return whether the URL is https at a public IP address, or at a name that can be public."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True  # brackets without an IPv6 address
    host = parts.hostname or ""
    if parts.scheme != "https":
        return False
    try:
        return is_public(host)
    except ValueError:
        return "." in host and host.rpartition(".")[2] not in PRIVATE_DOMAINS


def _smtp_url(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        is_valid = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError("a URL like smtp://user:password@mail.example.com:587 is needed")
    return url


def _mail_from(sender: str) -> str:
    if not re.fullmatch(r"[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+", sender):
        raise ValueError("an address is needed, as in Our shop <shop@example.com>")
    return sender


WebAddress = Annotated[str, AfterValidator(_web_address)]
SmtpUrl = Annotated[SecretStr, AfterValidator(_smtp_url)]
MailFrom = Annotated[str, AfterValidator(_mail_from)]
DatabaseUrl = Annotated[str, AfterValidator(_asyncpg_url)]


def _secrets(secrets: SecretStr) -> SecretStr:
    parse_secrets(secrets.get_secret_value())
    return secrets


def _secrets_key(keys: SecretStr) -> SecretStr:
    parse_keys(keys.get_secret_value())
    return keys


SecretsKey = Annotated[SecretStr, AfterValidator(_secrets_key)]
WebhookSecrets = Annotated[SecretStr, AfterValidator(_secrets)]
"""Secrets of Standard Webhooks, separated by spaces: one, or the new and the old one during a replacement."""


def _valkey_url(url: SecretStr) -> SecretStr:
    if not re.match("(valkeys?|rediss?|unix)://.", url.get_secret_value()):
        raise ValueError("a URL like valkey://host:6379/0, rediss://… or unix:///run/valkey.sock is needed")
    return url


ValkeyUrl = Annotated[SecretStr, AfterValidator(_valkey_url)]


def _nats_url(urls: SecretStr) -> SecretStr:
    try:
        servers = [urlsplit(url) for url in _nats_servers(urls)]
        is_valid = bool(servers) and all(
            server.scheme in {"nats", "tls"}
            and server.hostname
            and server.port != 0
            and server.path in {"", "/"}
            and not (server.query or server.fragment)
            for server in servers
        )
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError(
            "URLs like nats://user:password@host:4222 or tls://… are needed, separated by commas"
        )
    return urls


def _nats_servers(urls: SecretStr) -> Sequence[str]:
    return [url.strip() for url in urls.get_secret_value().split(",") if url.strip()]


NatsUrl = Annotated[SecretStr, AfterValidator(_nats_url)]


def _split_commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


PaymentProviders = Annotated[Sequence[PaymentMethod], NoDecode, BeforeValidator(_split_commas)]
"""Payment providers, separated by commas."""
Networks = Annotated[Sequence[IPNetwork], NoDecode, BeforeValidator(_split_commas)]
"""Networks or single addresses, separated by commas."""


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", text):
        raise ValueError("origins like https://shop.example are needed, separated by commas")
    return text


Origins = Annotated[
    Sequence[Annotated[str, AfterValidator(_origin)]], NoDecode, BeforeValidator(_split_commas)
]


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


def _values_under_old_names() -> dict[str, Any]:
    """Return the values of variables with former names, by their current names, and log a warning for each.

    Raises:
        WrongSettings: both names of a setting are set.
    """
    values = {}
    for old, new in OLD_NAMES.items():
        old_variable, new_variable = PREFIX + old.upper(), PREFIX + new.upper()
        if old_variable not in os.environ:
            continue
        if new_variable in os.environ:
            raise WrongSettings(f"{old_variable} is the old name of {new_variable}. Set only the new one.")
        _log.warning(
            "%s is now called %s. The old name will be removed in a later release.",
            old_variable,
            new_variable,
        )
        values[new] = os.environ[old_variable]
    return values


class Settings(BaseSettings):
    """All settings with their defaults. `config show` prints them with masked secrets."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: DatabaseUrl | None = Field(None, repr=False)
    """URL of the PostgreSQL database. Unset: an embedded one, with its data in `data_dir`."""
    data_dir: Path = Path(".data")
    database_pool_size: int = Field(10, ge=1, le=500)
    """Database connections per process, for everything but public reads."""
    public_read_pool_size: int = Field(4, ge=1, le=500)
    """Additional database connections per process, for public reads of the catalog. They cannot take those of orders."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    """Number of serving processes."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    docs_enabled: bool = True

    cors_origins: Origins = ()
    """Origins whose pages may call the service from a browser, such as `https://shop.example`. Unset: none."""
    rate_limit_enabled: bool = True
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
    """When money is captured: with the payment's `request`, or with the first `fulfillment`, and authorized before."""
    allow_sandbox: bool = False
    """For test systems: permit the sandbox although the issuer is https at a public address."""
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

    audit_log_retention: timedelta = Field(timedelta(days=365), ge=timedelta(days=90))
    """How long entries of the audit log are stored. PCI DSS 10.5.1 requires one year."""
    nats_url: NatsUrl | None = None
    """NATS server with JetStream to which events are published, or several servers of one cluster."""
    nats_stream: str = Field("STEELYARD", pattern=r"^[A-Za-z0-9_-]+$")
    """The stream for the events. It is created if it does not exist."""
    nats_subject_prefix: str = Field("steelyard", pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")
    """Prefix of the subjects: `steelyard` results in `steelyard.order.placed`."""

    idempotency_retention: timedelta = Field(timedelta(hours=72), ge=timedelta(hours=24))
    """How long a retry with the same idempotency key gets the first response."""

    body_timeout: timedelta = Field(timedelta(seconds=10), gt=timedelta(0), le=timedelta(minutes=5))
    """How long a request's body may take to arrive."""
    body_min_rate: int = Field(512, ge=1)
    """Bytes per second that a body must arrive at on average, after its first 5 seconds."""
    max_unread_bodies: int = Field(512, ge=0)
    """How many requests of one process may be waiting for their bodies at once; 0 means no bound."""
    max_unread_bodies_per_network: int = Field(64, ge=0)
    """The same for one client's network. Trusted proxies are exempt."""

    token_issuer: WebAddress = "http://127.0.0.1:8000"  # noqa: S105 - an address
    """The service's address as its clients see it: the issuer of tokens, and the base of the metadata's addresses."""
    token_audience: str = Field("steelyard", min_length=1)
    token_lifetime: timedelta = Field(timedelta(minutes=10), gt=timedelta(0), le=timedelta(hours=1))
    signing_keys: SecretStr | None = None
    """Ed25519 private keys in PEM format, the first one signs. Unset, and without a file: stored in the database."""
    signing_keys_file: Path | None = None
    """A file with such keys. It is reloaded regularly, so that keys can be rotated without a restart."""
    secrets_key: SecretsKey | None = None
    """Keys that encrypt stored secrets, 32 bytes each in Base64, separated by spaces: the first encrypts, all decrypt."""
    secrets_key_file: Path | None = None
    """A file with such keys."""
    session_idle: timedelta = Field(timedelta(days=14), gt=timedelta(0))
    """A session ends if it is not refreshed for this time."""
    session_lifetime: timedelta = Field(timedelta(days=30), gt=timedelta(0))
    """A session ends after this time, however often it is refreshed."""
    email_verification: bool = False
    """Require e-mail verification after sign-up."""
    smtp_url: SmtpUrl | None = None
    """Mail server: smtp://user:password@host:587, or smtps. Unset: mail is written to files in `data_dir`/mail."""
    mail_from: MailFrom = "Steelyard <no-reply@localhost.localdomain>"
    storefront_url: WebAddress | None = None
    """Address of the shop's own pages: links in mail lead to /verify-email and /reset-password there."""
    password_grant_enabled: bool = True
    """RFC 9700 advises against the password grant. It is meant for the shop's own pages only."""
    password_min_length: int = Field(12, ge=LOWEST_MIN_LENGTH, le=MAX_LENGTH)
    hashing_threads: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 1) - 1), ge=1, le=64)
    """By default one core stays free for other requests."""
    hashing_queue: int = Field(32, ge=0, le=1024)
    """How many passwords can wait to be hashed before further requests get a 503."""

    @model_validator(mode="after")
    def _ensure_stripe_is_set_up(self) -> Self:
        if PaymentMethod.STRIPE in self.payment_methods:
            for name in ("stripe_api_key", "stripe_webhook_secret"):
                secret: SecretStr | None = getattr(self, name)
                if secret is None or not secret.get_secret_value().strip():
                    raise ValueError(
                        f"{PREFIX}{name.upper()} has to be set, and not empty, where the provider is stripe"
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
        return () if self.nats_url is None else _nats_servers(self.nats_url)

    @property
    def is_on_loopback(self) -> bool:
        """Whether clients reach the service on this machine only, by the issuer's address."""
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

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings.

        Raises:
            WrongSettings: a setting is invalid or unknown; the message is about the first one.
        """
        unknown = sorted(
            name
            for name in os.environ
            if name.startswith(PREFIX)
            and not name.startswith(TEST_PREFIX)
            and name.removeprefix(PREFIX).lower() not in cls.model_fields.keys() | OLD_NAMES.keys()
        )
        if unknown:
            known = ", ".join(PREFIX + name.upper() for name in cls.model_fields)
            raise WrongSettings(f"{unknown[0]} is not a setting. There are: {known}.")
        try:
            return cls(**_values_under_old_names())
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            complaint = first["msg"].removeprefix("Value error, ")
            if not first["loc"]:
                raise WrongSettings(f"{complaint}.") from None
            name = PREFIX + str(first["loc"][0]).upper()
            raise WrongSettings(f"{name} is wrong: {complaint}.") from None

    def masked(self) -> dict[str, str]:
        """Return all settings by the names of their variables. Secrets are masked, and unset values are empty."""
        values = {
            name: _iso_duration(value) if isinstance(value := getattr(self, name), timedelta) else dumped
            for name, dumped in self.model_dump(mode="json").items()
        }
        shown = {PREFIX + name.upper(): _formatted(value) for name, value in values.items()}
        if self.database_url is not None:
            url = make_url(self.database_url)
            url = url.update_query_dict({name: "hidden" for name in url.query if "pass" in name})
            shown[f"{PREFIX}DATABASE_URL"] = url.render_as_string(hide_password=True)
        return shown
