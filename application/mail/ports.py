"""Ports of the mail queue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.mail.message import Message
from application.mail.request import MailRequest


class MailNotSent(Exception):
    """The message could not be sent. A retry can succeed."""


class AddressRefused(Exception):
    """The mail server permanently rejects the e-mail address."""


class Mailer(Protocol):
    """A mail server. Calls are slow, so never call the server while a unit of work is open."""

    async def send(self, message: Message) -> None:
        """Send the message. Raises MailNotSent, AddressRefused."""
        ...


class MailRequests(Protocol):
    """The mail queue in a unit of work. A request that was set aside is not retried."""

    async def add(self, request: MailRequest) -> None:
        """Store the request. If an equal request is waiting, do nothing.

        Equal requests have the same kind, e-mail address and `subject_id`. If an equal request was set aside, the
        new request replaces it.

        A request for a sign-up is always stored. Store the sign-up before its request.
        """
        ...

    async def next_due(self, now: datetime) -> MailRequest | None:
        """Lock and return a due request, or return None if there is no such request.

        Requests that other transactions have locked are skipped. Requests with fewer attempts come first, so that
        failing messages do not delay other messages. Requests with the same number of attempts are sorted by their
        due time.
        """
        ...

    async def save(self, request: MailRequest) -> None:
        """Save a locked request."""
        ...

    async def set_aside(self, request: MailRequest, *, at: datetime) -> None:
        """Set the request aside.

        If another attempt was made after the request was read, do nothing.
        """
        ...

    async def list_set_aside(self, *, limit: int) -> Sequence[MailRequest]:
        """Return the requests that were set aside, the newest first."""
        ...

    async def prune_set_aside(self, *, until: datetime) -> None:
        """Delete the requests that were set aside at or before `until`."""
        ...

    async def remove(self, request: MailRequest) -> None:
        """Delete the request, unless another attempt was made after the request was read."""
        ...
