"""Mail that somebody has asked for, until it has been sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from domain.shared.ids import SignUpId
from domain.users.email_address import EmailAddress

FIRST_PAUSE = timedelta(minutes=1)
"""More than it takes to send a message or to fail: nobody else takes up one that is being sent."""

GIVE_UP_AFTER = timedelta(hours=1)

MAX_ATTEMPTS = 6
"""After pauses of 1, 2, 4, 8 and 16 minutes."""


class MailKind(StrEnum):
    """Why somebody gets mail. Which letter it is follows from the account that the address has, if it has one."""

    SIGN_UP = "sign_up"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a reason, not a password


@dataclass(slots=True, kw_only=True)
class MailRequest:
    """Mail that is to be sent to an address: one message for each sign-up, and one for each other kind.

    A second request for a password reset while the first one waits is the same request.
    """

    kind: MailKind
    address: EmailAddress
    sign_up_id: SignUpId | None = None
    requested_at: datetime
    due_at: datetime
    attempts: int
    set_aside_at: datetime | None = None

    @classmethod
    def made(
        cls, kind: MailKind, address: EmailAddress, *, sign_up_id: SignUpId | None = None, now: datetime
    ) -> Self:
        return cls(
            kind=kind, address=address, sign_up_id=sign_up_id, requested_at=now, due_at=now, attempts=0
        )

    def is_stale(self, now: datetime) -> bool:
        """Return whether nobody waits for the message any more."""
        return now - self.requested_at > GIVE_UP_AFTER

    @property
    def was_last_attempt(self) -> bool:
        return self.attempts >= MAX_ATTEMPTS

    def attempt(self, now: datetime) -> None:
        """Note that it is being sent now, and when it would be tried again: later each time."""
        self.due_at = now + FIRST_PAUSE * 2**self.attempts
        self.attempts += 1
