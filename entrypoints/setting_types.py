"""Types of settings. Each type checks the text of a variable.

Errors never quote the text, because the text can be a secret.
"""

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from adapters.security.secret_box import parse_keys
from adapters.standard_webhooks import parse_secrets
from domain.payments.payment import PaymentMethod
from entrypoints.log_levels import LogLevels
from entrypoints.proxies import IPNetwork


def _asyncpg_url(url: str) -> str:
    """Return the URL with the driver asyncpg, so that a URL without a driver (`postgresql://`) also works.

    Several hosts, as in `//host1:5432,host2:5432/`, become parameters of the URL, because SQLAlchemy requires this
    form.
    """
    try:
        parsed = make_url(_with_hosts_as_parameters(url))
    except (ArgumentError, ValueError):
        raise ValueError("a URL like postgresql://user:password@host:5432/database is needed") from None
    if parsed.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("only PostgreSQL is supported: postgresql://user:password@host:5432/database")
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def _with_hosts_as_parameters(url: str) -> str:
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        return url
    addresses = [f"host={host if ':' in host else f'{host}:5432'}" for host in hosts.split(",")]
    return parts._replace(netloc=user + at, query="&".join(filter(None, [*addresses, parts.query]))).geturl()


def _log_level(text: str) -> str:
    LogLevels.parse(text)
    return text


def _web_address(url: str) -> str:
    """Apply the rules for an issuer (RFC 8414, section 2), but also allow plain http.

    Plain http is needed to use the service on one machine.
    """
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?", url):
        raise ValueError(
            "a URL like https://shop.example is needed, without query, fragment or slash at its end"
        )
    return url


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


LogLevel = Annotated[str, AfterValidator(_log_level)]
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
"""Secrets of Standard Webhooks, separated by spaces.

While a secret is replaced, there are two: the new secret and the old secret.
"""


def _valkey_url(url: SecretStr) -> SecretStr:
    if not re.match("(valkeys?|rediss?|unix)://.", url.get_secret_value()):
        raise ValueError("a URL like valkey://host:6379/0, rediss://… or unix:///run/valkey.sock is needed")
    return url


ValkeyUrl = Annotated[SecretStr, AfterValidator(_valkey_url)]


def _nats_url(urls: SecretStr) -> SecretStr:
    try:
        servers = [urlsplit(url) for url in nats_servers(urls)]
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


def nats_servers(urls: SecretStr) -> Sequence[str]:
    return [url.strip() for url in urls.get_secret_value().split(",") if url.strip()]


NatsUrl = Annotated[SecretStr, AfterValidator(_nats_url)]


def _split_commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


PaymentProviders = Annotated[Sequence[PaymentMethod], NoDecode, BeforeValidator(_split_commas)]
"""Payment providers, separated by commas."""
Networks = Annotated[Sequence[IPNetwork], NoDecode, BeforeValidator(_split_commas)]
"""Networks or single IP addresses, separated by commas."""


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", text):
        raise ValueError("origins like https://shop.example are needed, separated by commas")
    return text


Origins = Annotated[
    Sequence[Annotated[str, AfterValidator(_origin)]], NoDecode, BeforeValidator(_split_commas)
]
