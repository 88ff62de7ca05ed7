"""A sign-up that waits for its e-mail address to be confirmed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from domain.shared.ids import SignUpId
from domain.shared.text import ensure_valid
from domain.users.email_address import EmailAddress
from domain.users.one_time_token import hash_of, text_of
from domain.users.user import FULL_NAME

LIFETIME = timedelta(hours=24)
"""The duration for which a sign-up can be confirmed. An older sign-up is pruned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignUp:
    """A sign-up that waits for confirmation.

    A token confirms only the name and the password of its own sign-up.

    The account is opened when the sign-up is confirmed. Until then, the sign-up has no account. To erase the
    personal data of the sign-up, search for the sign-up by `email`.

    Any number of sign-ups can wait for one address. The sign-up that is confirmed first opens the account, and
    the other sign-ups become invalid.

    `token_hash` is None until the message is written.
    """

    id: SignUpId
    email: EmailAddress
    full_name: str | None
    password_hash: str = field(repr=False)
    requested_at: datetime
    token_hash: bytes | None = field(default=None, repr=False)

    @classmethod
    def request(
        cls,
        *,
        id: SignUpId,  # noqa: A002 - the parameter has the name of the field
        email: EmailAddress,
        full_name: str | None,
        password_hash: str,
        now: datetime,
    ) -> Self:
        """Create a sign-up. Raises ValidationFailed for an invalid name."""
        ensure_valid(FULL_NAME.violations(full_name, "full_name"))
        return cls(id=id, email=email, full_name=full_name, password_hash=password_hash, requested_at=now)

    @property
    def expires_at(self) -> datetime:
        return self.requested_at + LIFETIME

    def is_over(self, now: datetime) -> bool:
        return now >= self.expires_at

    def with_token(self, secret: bytes) -> Self:
        """Return the sign-up with a new token, made from `secret`. An earlier token becomes invalid."""
        return replace(self, token_hash=hash_of(text_of(secret)))
