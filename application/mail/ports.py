"""Ports of the mail queue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.mail.message import Message
from application.mail.request import MailRequest


class MailNotSent(Exception):
    """The message could not be sent. It can be retried."""


class AddressRefused(Exception):
    """The mail server permanently rejects the address."""


class Mailer(Protocol):
    """A mail server. Calls are slow: never call it with an open unit of work."""

    async def send(self, message: Message) -> None:
        """Send the message. Raises MailNotSent, AddressRefused."""
        ...


class MailRequests(Protocol):
    """The mail queue in a unit of work."""

    async def add(self, request: MailRequest) -> None:
        """Store the request, unless one of its kind waits for its address already.

        It replaces one that was set aside.
        A request for a sign-up is stored in any case, after the sign-up itself.
        """
        ...

    async def next_due(self, now: datetime) -> MailRequest | None:
        """Return a request that is due, locked, or None. Requests that others have locked are skipped.

        Requests with fewer attempts come first, so that messages that fail do not delay others; then those that have
        been due for longer.
        """
        ...

    async def save(self, request: MailRequest) -> None:
        """Save a locked request."""
        ...

    async def set_aside(self, request: MailRequest, *, at: datetime) -> None:
        """Stop attempting the request, unless it has been attempted again since."""
        ...

    async def list_set_aside(self, *, limit: int) -> Sequence[MailRequest]:
        """Return requests that were set aside, the latest first."""
        ...

    async def prune_set_aside(self, *, until: datetime) -> None:
        """Delete requests that were set aside by this moment."""
        ...

    async def remove(self, request: MailRequest) -> None:
        """Delete the request, unless it has been attempted again since."""
        ...
