"""Use cases that read the mail queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.mail.request import MailRequest
from application.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ListFailedMail:
    """List the mail that was set aside because it could not be sent, the newest first."""

    unit_of_work: UnitOfWorkFactory

    async def __call__(self, *, limit: int) -> Sequence[MailRequest]:
        """Return the mail requests. Raises Overloaded, DatabaseUnavailable."""
        async with self.unit_of_work() as work:
            return await work.mail.list_set_aside(limit=limit)
