"""Webhook endpoints: URLs that receive events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from domain.shared.errors import PreconditionFailed, ValidationFailed, Violation
from domain.shared.events import Aggregate
from domain.shared.ids import ClientId, EndpointId, UserId
from domain.shared.text import TextRule, ensure_valid
from domain.shared.unset import UNSET, Unset
from domain.webhooks.events import PauseReason, WebhookEndpointPaused, WebhookEndpointResumed

MAX_URL_LENGTH = 2000
ENDPOINT_DESCRIPTION = TextRule(max_length=500)
MAX_OVERLAP = timedelta(days=7)
"""The maximum duration for which the former secret also signs messages."""

_ANY_PORT = range(1, 65536)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChanges:
    """Changes to an endpoint. A field that is UNSET does not change."""

    url: str | Unset = UNSET
    event_types: Sequence[str] | Unset = UNSET
    description: str | Unset = UNSET
    paused: bool | Unset = UNSET


@dataclass(slots=True, kw_only=True, eq=False)
class WebhookEndpoint(Aggregate):
    """A URL that receives events of all types or of some types. `secret` signs the messages.

    The endpoint receives only events that its owner may read. The owner is a user or a service client. An
    endpoint without an owner belongs to the admins.

    `blocked_at` is the time at which the owner lost the permission to read some of the endpoint's events.
    `paused_at` is the time at which the endpoint was paused. `failing_since` is the time at which deliveries
    began to fail, or None if the last deliveries succeeded.

    Until `former_secret_expires_at`, the former secret also signs the messages.
    """

    id: EndpointId
    url: str
    event_types: tuple[str, ...]
    description: str = ""
    secret: bytes = field(repr=False)
    former_secret: bytes | None = field(default=None, repr=False)
    former_secret_expires_at: datetime | None = None
    created_at: datetime
    owner_id: UserId | ClientId | None = None
    blocked_at: datetime | None = None
    paused_at: datetime | None = None
    failing_since: datetime | None = None
    version: int = 1

    @classmethod
    def create(
        cls,
        *,
        id: EndpointId,  # noqa: A002 - the parameter has the name of the field
        url: str,
        event_types: Sequence[str],
        description: str,
        secret: bytes,
        allow_plain_http: bool,
        owner_id: UserId | ClientId | None,
        now: datetime,
    ) -> Self:
        """Create an endpoint.

        Raises ValidationFailed if the URL is unsafe or the description is too long.
        """
        ensure_can_be_sent_to(url, allow_plain_http=allow_plain_http)
        ensure_valid(ENDPOINT_DESCRIPTION.violations(description, "description"))
        return cls(
            id=id,
            url=url,
            event_types=_sorted(event_types),
            description=description,
            secret=secret,
            created_at=now,
            owner_id=owner_id,
        )

    @property
    def host(self) -> str:
        """The host of the URL. Other parts are not shown, because they can contain secrets."""
        return urlsplit(self.url).hostname or ""

    def wants(self, event_type: str) -> bool:
        return not self.event_types or event_type in self.event_types

    def ensure_unchanged_since(self, seen: int) -> None:
        """Raise PreconditionFailed if the endpoint's version is not `seen`."""
        if seen != self.version:
            raise PreconditionFailed(self.version)

    def change(self, changes: EndpointChanges, *, allow_plain_http: bool, now: datetime) -> None:
        """Change the endpoint. Raises ValidationFailed like `create`.

        Waiting deliveries are sent to the new URL. If an event type is removed, waiting deliveries of this type are
        still sent.
        """
        if not isinstance(changes.url, Unset):
            ensure_can_be_sent_to(changes.url, allow_plain_http=allow_plain_http)
            if changes.url != self.url:
                self.failing_since = None
            self.url = changes.url
        if not isinstance(changes.description, Unset):
            ensure_valid(ENDPOINT_DESCRIPTION.violations(changes.description, "description"))
            self.description = changes.description
        if not isinstance(changes.event_types, Unset):
            self.event_types = _sorted(changes.event_types)
        self.version += 1
        if changes.paused is True and self.paused_at is None:
            self._pause(PauseReason.REQUESTED, now)
        if changes.paused is False and self.paused_at is not None:
            self._resume(now)

    def transfer(self, owner_id: UserId | ClientId) -> None:
        """Give the endpoint an owner. The owner must have the permission to read the endpoint's events."""
        self.owner_id, self.blocked_at = owner_id, None
        self.version += 1

    def signing_secrets(self, now: datetime) -> tuple[bytes, ...]:
        """Return the secrets that sign messages at this time, the newest first."""
        if self.former_secret is None or self.former_secret_expires_at is None:
            return (self.secret,)
        return (self.secret, self.former_secret) if now < self.former_secret_expires_at else (self.secret,)

    def roll_secret(self, secret: bytes, *, overlap: timedelta, now: datetime) -> None:
        """Replace the secret. The former secret also signs messages until the overlap ends.

        An earlier overlap that is still running ends immediately.

        Raises ValidationFailed if the overlap is too long or negative.
        """
        if not timedelta(0) <= overlap <= MAX_OVERLAP:
            hours = int(MAX_OVERLAP.total_seconds()) // 3600
            violation = Violation(("overlap_hours",), "out_of_range", f"An overlap has 0 to {hours} hours.")
            raise ValidationFailed("The overlap is too long.", violations=[violation])
        self.former_secret = self.secret if overlap else None
        self.former_secret_expires_at = now + overlap if overlap else None
        self.secret = secret
        self.version += 1

    def note_rights(self, *, is_blocked: bool, now: datetime) -> bool:
        """Record whether the owner may read all events of the endpoint.

        Returns whether the permission has changed.
        """
        if is_blocked == (self.blocked_at is not None):
            return False
        self.blocked_at = now if is_blocked else None
        self.version += 1
        return True

    def has_failed_for(self, period: timedelta, *, now: datetime) -> bool:
        """Return whether deliveries have failed for at least `period`, and the endpoint is not paused yet."""
        return (
            self.paused_at is None and self.failing_since is not None and now - self.failing_since >= period
        )

    def pause_failing(self, *, now: datetime) -> None:
        """Pause the endpoint until its owner resumes it."""
        self.version += 1
        self._pause(PauseReason.FAILING, now)

    def _pause(self, reason: PauseReason, now: datetime) -> None:
        self.paused_at = now
        self.events.append(
            WebhookEndpointPaused(
                aggregate_id=self.id,
                aggregate_version=self.version,
                occurred_at=now,
                owner_id=self.owner_id,
                reason=reason,
                failing_since=self.failing_since,
            )
        )

    def _resume(self, now: datetime) -> None:
        self.paused_at = None
        self.failing_since = None
        self.events.append(
            WebhookEndpointResumed(
                aggregate_id=self.id,
                aggregate_version=self.version,
                occurred_at=now,
                owner_id=self.owner_id,
            )
        )


def _sorted(event_types: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(event_types)))


def ensure_can_be_sent_to(url: str, *, allow_plain_http: bool) -> None:
    """Raise ValidationFailed if the URL is not permitted for a webhook endpoint.

    A permitted URL has an allowed scheme and a host, and contains no password.
    """
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
