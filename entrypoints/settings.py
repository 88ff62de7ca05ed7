"""What can be set, by environment variables that begin with `STEELYARD_`."""

import os
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
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

from adapters.standard_webhooks import parse_secrets
from domain.payments.method import PaymentMethod
from domain.users.password import LOWEST_MIN_LENGTH, MAX_LENGTH
from entrypoints.proxies import IPNetwork, ProxyHeader

PREFIX = "STEELYARD_"
TEST_PREFIX = "STEELYARD_TEST_"
"""Variables of the test suite, which the service does not read."""


class WrongSettings(Exception):
    """A setting that the service cannot run with; the message is one line that names it."""


def _asyncpg_url(url: str) -> str:
    """Return the URL with the driver that the service uses, so that a plain `postgresql://` works as well."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("a URL like postgresql://user:password@host:5432/database is needed") from None
    if parsed.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("only PostgreSQL is supported: postgresql://user:password@host:5432/database")
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def _address(url: str) -> str:
    """Check what RFC 8414, section 2 asks of an issuer, which suits other addresses too; plain http is for one machine."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?", url):
        raise ValueError(
            "a URL like https://shop.example is needed, without query, fragment or slash at its end"
        )
    return url


def _smtp_url(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        is_right = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError("a URL like smtp://user:password@mail.example.com:587 is needed")
    return url


def _mail_from(sender: str) -> str:
    if not re.fullmatch(r"[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+", sender):
        raise ValueError("an address is needed, as in Our shop <shop@example.com>")
    return sender


WebAddress = Annotated[str, AfterValidator(_address)]
SmtpUrl = Annotated[SecretStr, AfterValidator(_smtp_url)]
MailFrom = Annotated[str, AfterValidator(_mail_from)]
DatabaseUrl = Annotated[str, AfterValidator(_asyncpg_url)]


def _secrets(secrets: SecretStr) -> SecretStr:
    parse_secrets(secrets.get_secret_value())
    return secrets


WebhookSecrets = Annotated[SecretStr, AfterValidator(_secrets)]
"""Secrets of Standard Webhooks, separated by spaces: a new one and, while it is being introduced, the old one."""


def _valkey_url(url: SecretStr) -> SecretStr:
    if not re.match("(valkeys?|rediss?|unix)://.", url.get_secret_value()):
        raise ValueError("a URL like valkey://host:6379/0, rediss://… or unix:///run/valkey.sock is needed")
    return url


ValkeyUrl = Annotated[SecretStr, AfterValidator(_valkey_url)]


def _nats_url(urls: SecretStr) -> SecretStr:
    try:
        servers = [urlsplit(url) for url in _nats_servers(urls)]
        is_right = bool(servers) and all(
            server.scheme in {"nats", "tls"}
            and server.hostname
            and server.port != 0
            and server.path in {"", "/"}
            and not (server.query or server.fragment)
            for server in servers
        )
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError(
            "URLs like nats://user:password@host:4222 or tls://… are needed, separated by commas"
        )
    return urls


def _nats_servers(urls: SecretStr) -> Sequence[str]:
    return [url.strip() for url in urls.get_secret_value().split(",") if url.strip()]


NatsUrl = Annotated[SecretStr, AfterValidator(_nats_url)]


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Networks = Annotated[Sequence[IPNetwork], NoDecode, BeforeValidator(_listed)]
"""Networks or single addresses, separated by commas."""


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", text):
        raise ValueError("origins like https://shop.example are needed, separated by commas")
    return text


Origins = Annotated[Sequence[Annotated[str, AfterValidator(_origin)]], NoDecode, BeforeValidator(_listed)]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


class Settings(BaseSettings):
    """Every setting with its default. `config show` prints them, secrets masked."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: DatabaseUrl | None = Field(None, repr=False)
    """The PostgreSQL server. Unset: an embedded one, in `data_dir`."""
    data_dir: Path = Path(".data")
    database_pool_size: int = Field(10, ge=1, le=500)
    """Connections of one process."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    """Processes that serve requests."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    docs_enabled: bool = True

    cors_origins: Origins = ()
    """Origins whose pages may call the service from a browser, such as `https://shop.example`. Unset: none."""
    rate_limit_enabled: bool = True
    rate_limit_url: ValkeyUrl | None = None
    """A Valkey or Redis server, in which all processes count requests together. Unset: each counts for itself."""
    trusted_proxies: Networks = ()
    """Proxies whose word is taken for the address that a request comes from, such as `10.0.0.0/8, 2001:db8::7`."""
    proxy_header: ProxyHeader = "x-forwarded-for"
    """The one header in which they say it. The other one is the client's, and not looked at."""
    order_hold: timedelta = Field(timedelta(minutes=15), gt=timedelta(0))
    """How long an unpaid order holds its stock (ISO 8601 or seconds)."""
    max_unpaid_orders: int = Field(50, ge=0)
    """How many open unpaid orders a customer can have. 0: no limit."""
    max_units_held: int = Field(1000, ge=0)
    """How many units of one product a customer can hold in open unpaid orders. 0: no limit."""
    check_every: timedelta = Field(timedelta(hours=1), gt=timedelta(0))
    """How often a worker checks the rules that must always be true; it reads everything."""

    payment_provider: PaymentMethod = PaymentMethod.SANDBOX
    """Who takes the money. The sandbox takes none, and does what its tokens say."""
    sandbox_webhook_url: HttpUrl | None = None
    """Where the sandbox calls the service back. Unset: on this machine, at `port`."""
    sandbox_webhook_secret: WebhookSecrets | None = None
    """What the sandbox signs with, like `whsec_NEW whsec_OLD`. Unset: a secret that is made and kept in the database."""

    stripe_api_key: SecretStr | None = None
    stripe_api_base: HttpUrl | None = None
    """Where Stripe's API is, if not at Stripe."""
    stripe_webhook_secret: SecretStr | None = None
    """The signing secret of the endpoint that Stripe sends events to; two, separated by a space, while it is replaced."""
    webhooks_to_private_addresses: bool = False
    """For development: send webhooks to this machine and its network as well, and without TLS."""

    audit_log_kept: timedelta = Field(timedelta(days=365), ge=timedelta(days=90))
    """For how long entries of the audit log are kept. PCI DSS 10.5.1 asks for a year."""
    nats_url: NatsUrl | None = None
    """A NATS server with JetStream that events are published to, or several of one cluster. Unset: none."""
    nats_stream: str = Field("STEELYARD", pattern=r"^[A-Za-z0-9_-]+$")
    """The stream that keeps them. It is made if there is none."""
    nats_subject_prefix: str = Field("steelyard", pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")
    """What their subjects begin with: `steelyard` makes `steelyard.order.placed`."""

    replays_kept: timedelta = Field(timedelta(hours=72), ge=timedelta(hours=24))
    """For how long a request that is sent again with its idempotency key gets the first one's answer."""

    token_issuer: WebAddress = "http://127.0.0.1:8000"  # noqa: S105 - an address
    """The service's address as clients reach it: tokens name it, and the metadata's addresses begin with it."""
    token_audience: str = Field("steelyard", min_length=1)
    token_lifetime: timedelta = Field(timedelta(minutes=10), gt=timedelta(0), le=timedelta(hours=1))
    signing_keys: SecretStr | None = None
    """Ed25519 private keys as PEM, the one that signs first. Unset, and without a file: the database keeps them."""
    signing_keys_file: Path | None = None
    """A file with the same. It is read anew from time to time, so that keys rotate without a restart."""
    session_idle: timedelta = Field(timedelta(days=14), gt=timedelta(0))
    """A session that was not refreshed for so long is over."""
    session_lifetime: timedelta = Field(timedelta(days=30), gt=timedelta(0))
    """A session is over after so long, however often it is refreshed."""
    email_verification: bool = False
    """Whether who signs up has to show, by a message, that they read the address's mail."""
    smtp_url: SmtpUrl | None = None
    """The mail server: smtp://user:password@host:587, or smtps. Unset: mail is written to files in `data_dir`/mail."""
    mail_from: MailFrom = "Steelyard <no-reply@localhost.localdomain>"
    storefront_url: WebAddress | None = None
    """Where the shop's own pages are: links in messages lead to their /verify-email and /reset-password."""
    password_grant_enabled: bool = True
    """RFC 9700 advises against the password grant; it is for the shop's own pages, and can be switched off."""
    password_min_length: int = Field(12, ge=LOWEST_MIN_LENGTH, le=MAX_LENGTH)
    hashing_threads: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 1) - 1), ge=1, le=64)
    """By default one core is left to all other requests."""
    hashing_queue: int = Field(32, ge=0, le=1024)
    """How many passwords may wait to be hashed before the service says that it is busy."""

    @model_validator(mode="after")
    def _ensure_stripe_is_set_up(self) -> Self:
        if self.payment_provider is PaymentMethod.STRIPE:
            for name in ("stripe_api_key", "stripe_webhook_secret"):
                if getattr(self, name) is None:
                    raise ValueError(f"{PREFIX}{name.upper()} has to be set where the provider is stripe")
        return self

    @property
    def nats_servers(self) -> Sequence[str]:
        """The URLs of the NATS servers: none where events are not published there."""
        return () if self.nats_url is None else _nats_servers(self.nats_url)

    @property
    def source_of_signing_keys(self) -> str | None:
        """The variable that gives the signing keys, or None where the database keeps them."""
        if self.signing_keys_file is not None:
            return f"{PREFIX}SIGNING_KEYS_FILE"
        return f"{PREFIX}SIGNING_KEYS" if self.signing_keys is not None else None

    def read_signing_keys(self) -> bytes:
        """Return the keys that are given. Raise OSError."""
        if self.signing_keys_file is not None:
            return self.signing_keys_file.read_bytes()
        return self.signing_keys.get_secret_value().encode() if self.signing_keys is not None else b""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings. Raise WrongSettings with one line for the first that is wrong or unknown."""
        unknown = sorted(
            name
            for name in os.environ
            if name.startswith(PREFIX)
            and not name.startswith(TEST_PREFIX)
            and name.removeprefix(PREFIX).lower() not in cls.model_fields
        )
        if unknown:
            known = ", ".join(PREFIX + name.upper() for name in cls.model_fields)
            raise WrongSettings(f"{unknown[0]} is not a setting. There are: {known}.")
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            complaint = first["msg"].removeprefix("Value error, ")
            if not first["loc"]:
                raise WrongSettings(f"{complaint}.") from None
            name = PREFIX + str(first["loc"][0]).upper()
            raise WrongSettings(f"{name} is wrong: {complaint}.") from None

    def masked(self) -> dict[str, str]:
        """Return every setting by the name of its variable, without secrets; what is not set is empty."""
        shown = {PREFIX + name.upper(): _shown(value) for name, value in self.model_dump(mode="json").items()}
        if self.database_url is not None:
            url = make_url(self.database_url)
            url = url.update_query_dict({name: "hidden" for name in url.query if "pass" in name})
            shown[f"{PREFIX}DATABASE_URL"] = url.render_as_string(hide_password=True)
        return shown
