"""A person with an account."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Self

from domain.shared.errors import DomainError
from domain.shared.events import Aggregate, Event
from domain.shared.ids import UserId
from domain.users.permissions import PERMISSIONS, Permission, Role

EmailAddress = NewType("EmailAddress", str)
"""An e-mail address in its comparable form: normalised and in lower case, see `comparable_email`."""


def comparable_email(address: str) -> EmailAddress:
    """Return the form in which two spellings of one mailbox are equal.

    RFC 5321, section 2.4 lets a host tell `Ann@` from `ann@`; in practice none does, and people type both.
    """
    return EmailAddress(address.strip().lower())


class UserStatus(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"
    CLOSED = "closed"


class AccountDisabled(DomainError):
    """The account has been disabled by an admin."""

    code = "account_disabled"

    def __init__(self) -> None:
        super().__init__("This account has been disabled.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedUp(Event):
    type = "user.signed_up"
    aggregate_type = "user"


@dataclass(slots=True, kw_only=True, eq=False)
class User(Aggregate):
    """An account. `password_hash` is opaque here: only the hasher's adapter can read it.

    `password_changed_at` is when the present password was chosen, whenever its hash was made.
    """

    id: UserId
    email: EmailAddress
    full_name: str | None
    role: Role
    status: UserStatus
    email_verified: bool
    password_hash: str = field(repr=False)
    password_changed_at: datetime
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def sign_up(
        cls,
        *,
        id: UserId,  # noqa: A002 - the field's name
        email: EmailAddress,
        full_name: str | None,
        password_hash: str,
        role: Role,
        now: datetime,
    ) -> Self:
        """Open an account. People sign up as customers; the first admin comes from the command line."""
        user = cls(
            id=id,
            email=email,
            full_name=full_name,
            role=role,
            status=UserStatus.ACTIVE,
            email_verified=False,
            password_hash=password_hash,
            password_changed_at=now,
            created_at=now,
            updated_at=now,
            version=1,
        )
        user.events.append(UserSignedUp(aggregate_id=id, aggregate_version=1, occurred_at=now))
        return user

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]

    def rehash(self, password_hash: str) -> None:
        """Keep the same password under stronger parameters. Nothing has changed that anybody could see."""
        self.password_hash = password_hash

    def ensure_active(self) -> None:
        """Raise AccountDisabled unless the account may be used."""
        if self.status is not UserStatus.ACTIVE:
            raise AccountDisabled
