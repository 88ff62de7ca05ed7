"""Mail requests: mail that waits to be sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.shared.ids import SignUpId
from domain.users.email_address import EmailAddress

FIRST_PAUSE = timedelta(minutes=1)
"""The pause after the first attempt.

The pause is longer than the longest attempt, so that two workers never send the same message at the same time.
"""

GIVE_UP_AFTER = timedelta(hours=1)

MAX_ATTEMPTS = 6
"""The maximum number of attempts. The pauses between the attempts are 1, 2, 4, 8 and 16 minutes."""


class MailKind(StrEnum):
    """The reason for a message.

    The template also depends on whether the address has an account.
    """

    SIGN_UP = "sign_up"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a reason, not a password
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGE_NOTICE = "email_change_notice"
    EMAIL_CHANGED = "email_changed"
    WEBHOOK_ENDPOINT_PAUSED = "webhook_endpoint_paused"
    WEBHOOK_ENDPOINT_BLOCKED = "webhook_endpoint_blocked"


@dataclass(slots=True, kw_only=True)
class MailRequest:
    """A request to send a message.

    Each sign-up has its own request.

    A notice is about the object with the id `subject_id`. There is at most one request for each combination of
    kind, address and object.

    For other messages, there is at most one request for each combination of kind and address. For example, while a
    request for a password reset waits, a second request for the same address has no effect.
    """

    kind: MailKind
    address: EmailAddress
    sign_up_id: SignUpId | None = None
    subject_id: UUID | None = None
    requested_at: datetime
    due_at: datetime
    attempts: int
    set_aside_at: datetime | None = None

    @classmethod
    def made(
        cls,
        kind: MailKind,
        address: EmailAddress,
        *,
        sign_up_id: SignUpId | None = None,
        subject_id: UUID | None = None,
        now: datetime,
    ) -> Self:
        return cls(
            kind=kind,
            address=address,
            sign_up_id=sign_up_id,
            subject_id=subject_id,
            requested_at=now,
            due_at=now,
            attempts=0,
        )

    def is_stale(self, now: datetime) -> bool:
        """Return whether the request is so old that the message would be useless."""
        return now - self.requested_at > GIVE_UP_AFTER

    @property
    def was_last_attempt(self) -> bool:
        return self.attempts >= MAX_ATTEMPTS

    def attempt(self, now: datetime) -> None:
        """Record an attempt, and schedule the next attempt. Each pause is twice as long as the previous pause."""
        self.due_at = now + FIRST_PAUSE * 2**self.attempts
        self.attempts += 1
