"""What sending mail needs from outside."""

from datetime import datetime
from typing import Protocol

from application.mail.message import Message
from application.mail.request import MailRequest


class MailNotSent(Exception):
    """The message could not be handed over. It may be tried again."""


class AddressRefused(Exception):
    """The address takes no mail, and never will."""


class Mailer(Protocol):
    """Slow, and not under our control. Never call it with a unit of work open."""

    async def send(self, message: Message) -> None:
        """Hand the message over. Raises MailNotSent, AddressRefused."""
        ...


class MailRequests(Protocol):
    """The mail that is to be sent, inside a unit of work."""

    async def add(self, request: MailRequest) -> None:
        """Store the request, unless one of its kind waits for its address already.

        A request for a sign-up is stored in any case, after the sign-up itself.
        """
        ...

    async def next_due(self, now: datetime) -> MailRequest | None:
        """Return the request that is due for the longest time, locked; those that others have locked are passed over."""
        ...

    async def save(self, request: MailRequest) -> None:
        """Keep the changes made to a locked request."""
        ...

    async def remove(self, request: MailRequest) -> None:
        """Forget the request, unless it has been attempted again since."""
        ...
