"""Webhook endpoints: URLs that receive events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import ClientId, EndpointId, UserId

MAX_URL_LENGTH = 2000
_ANY_PORT = range(1, 65536)


@dataclass(slots=True, kw_only=True, eq=False)
class WebhookEndpoint:
    """A URL that receives all events or those of some types, signed with its `secret`.

    It receives only events that its owner, a user or a client, may read. Without an owner it belongs to the admins.
    Since `blocked_at` the owner may no longer read all of its events.
    """

    id: EndpointId
    url: str
    event_types: tuple[str, ...]
    secret: bytes = field(repr=False)
    created_at: datetime
    owner_id: UserId | ClientId | None = None
    blocked_at: datetime | None = None

    @classmethod
    def create(
        cls,
        *,
        id: EndpointId,  # noqa: A002 - the field's name
        url: str,
        event_types: Sequence[str],
        secret: bytes,
        allow_plain_http: bool,
        owner_id: UserId | ClientId | None,
        now: datetime,
    ) -> Self:
        """Raise ValidationFailed for a URL to which events cannot be sent safely."""
        ensure_can_be_sent_to(url, allow_plain_http=allow_plain_http)
        types = tuple(sorted(set(event_types)))
        return cls(id=id, url=url, event_types=types, secret=secret, created_at=now, owner_id=owner_id)

    @property
    def host(self) -> str:
        """The host of the URL. Only this part is shown, because a path or a query can have secrets."""
        return urlsplit(self.url).hostname or ""

    def wants(self, event_type: str) -> bool:
        return not self.event_types or event_type in self.event_types


def ensure_can_be_sent_to(url: str, *, allow_plain_http: bool) -> None:
    """Raise ValidationFailed unless the URL has an allowed scheme and a host, and no password."""
    complaint = _complaint(url, allow_plain_http=allow_plain_http)
    if complaint is not None:
        violation = Violation(("url",), "unacceptable_url", complaint)
        raise ValidationFailed("The URL cannot be sent to.", violations=[violation])


def _complaint(url: str, *, allow_plain_http: bool) -> str | None:
    if len(url) > MAX_URL_LENGTH or not (url.isascii() and url.isprintable()) or " " in url:
        return f"A URL has at most {MAX_URL_LENGTH} characters, visible ASCII all of them."
    try:
        parts = urlsplit(url)
        port_is_good = parts.port is None or parts.port in _ANY_PORT
    except ValueError:
        return "This is not a URL."
    if parts.scheme != "https" and not (allow_plain_http and parts.scheme == "http"):
        return "The URL has to begin with https://."
    if not parts.hostname or not port_is_good:
        return "The URL has to name a host."
    if "@" in parts.netloc or parts.fragment:
        return "The URL must have neither a user nor a fragment."
    return None
