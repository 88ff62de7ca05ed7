"""A change of a user's e-mail address that waits until the new address is confirmed."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import SessionId, UserId
from domain.users.email_address import EmailAddress
from domain.users.one_time_token import LIFETIMES, TokenPurpose, hash_of, text_of
from domain.users.user import User

LIFETIME = LIFETIMES[TokenPurpose.VERIFY_EMAIL]
"""The duration for which a change can be confirmed. An older change is pruned."""


class SameEmail(ValidationFailed):
    """The account already has this e-mail address."""

    def __init__(self) -> None:
        super().__init__(
            "The address was not changed.",
            violations=[Violation(("email",), "same_email", "This is already your address.")],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """A change of an e-mail address that waits for confirmation. A later change replaces an earlier change.

    `session_id` is the session that requested the change. This session stays valid when the change is
    confirmed.

    `token_hash` is None until the message is written.
    """

    user_id: UserId
    session_id: SessionId
    email: EmailAddress
    requested_at: datetime
    token_hash: bytes | None = field(default=None, repr=False)

    @classmethod
    def request(cls, user: User, email: EmailAddress, *, session_id: SessionId, now: datetime) -> Self:
        """Request a change of a user's e-mail address. Raises AccountDisabled, SameEmail."""
        user.ensure_active()
        if user.email == email and user.email_verified:
            raise SameEmail
        return cls(user_id=user.id, session_id=session_id, email=email, requested_at=now)

    def is_over(self, now: datetime) -> bool:
        return now >= self.requested_at + LIFETIME

    def with_token(self, secret: bytes) -> Self:
        """Return the change with a new token, made from `secret`. An earlier token becomes invalid."""
        return replace(self, token_hash=hash_of(text_of(secret)))
