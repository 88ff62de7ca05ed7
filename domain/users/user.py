"""Users: people with an account."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.shared.errors import DomainError, PreconditionFailed
from domain.shared.events import Aggregate
from domain.shared.ids import UserId
from domain.shared.text import TextRule, ensure_valid
from domain.users.email_address import EmailAddress
from domain.users.events import (
    UserChanged,
    UserClosed,
    UserDisabled,
    UserEmailChanged,
    UserEmailVerified,
    UserEnabled,
    UserEvent,
    UserPasswordChanged,
    UserRoleChanged,
    UserSignedUp,
)
from domain.users.permissions import PERMISSIONS, Permission, Role

FULL_NAME = TextRule(min_length=1, max_length=200)


class UserStatus(StrEnum):
    """The status of an account.

    - `pending`: the address is not verified yet. Only former releases opened such accounts.
    - `active`: the user can log in.
    - `disabled`: an admin has blocked the account.
    - `closed`: the owner has closed the account. Its personal data is erased.
    """

    PENDING = "pending"
    ACTIVE = "active"
    DISABLED = "disabled"
    CLOSED = "closed"


class AccountDisabled(DomainError):
    """The account has been disabled by an admin."""

    code = "account_disabled"

    def __init__(self) -> None:
        super().__init__("This account has been disabled.")


class AccountPending(DomainError):
    """The user must verify the e-mail address before the log-in. The password was right."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("Verify your e-mail address first, with the message that was sent to it.")


@dataclass(slots=True, kw_only=True, eq=False)
class User(Aggregate):
    """An account. `password_hash` is opaque to the domain.

    `password_changed_at` is the time at which the current password was chosen. Another hash of the same password does
    not change this time.
    """

    id: UserId
    email: EmailAddress | None
    full_name: str | None
    role: Role
    status: UserStatus
    email_verified: bool
    password_hash: str | None = field(repr=False)
    password_changed_at: datetime
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def sign_up(
        cls,
        *,
        id: UserId,  # noqa: A002 - the parameter has the name of the field
        email: EmailAddress,
        full_name: str | None,
        password_hash: str,
        role: Role,
        now: datetime,
    ) -> Self:
        """Open an account. Raises ValidationFailed.

        People sign up as customers. The first admin is created on the command line.
        """
        ensure_valid(FULL_NAME.violations(full_name, "full_name"))
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
        user.events.append(
            UserSignedUp(aggregate_id=id, aggregate_version=user.version, occurred_at=now, role=role)
        )
        return user

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]

    @property
    def administers(self) -> bool:
        """Whether the user is an active admin."""
        return self.role is Role.ADMIN and self.status is UserStatus.ACTIVE

    def ensure_unchanged_since(self, seen: int) -> None:
        """Raise PreconditionFailed if the account has changed after `expected_version`."""
        if seen != self.version:
            raise PreconditionFailed(self.version)

    def rename(self, full_name: str | None, *, now: datetime) -> None:
        """Change the name. Raises ValidationFailed for an invalid name."""
        ensure_valid(FULL_NAME.violations(full_name, "full_name"))
        self.full_name = full_name
        self._change(now)
        self._record(UserChanged)

    def confirm_sign_up(self, *, full_name: str | None, password_hash: str, now: datetime) -> None:
        """Open a pending account with the name and the password of a confirmed sign-up."""
        self.full_name = full_name
        self.password_hash = password_hash
        self.password_changed_at = now
        self.verify_email(now=now)

    @property
    def may_be_verified(self) -> bool:
        return self.status in {UserStatus.PENDING, UserStatus.ACTIVE}

    def verify_email(self, *, now: datetime) -> None:
        """Record that the e-mail address is verified, and activate a pending account."""
        if self.email_verified:
            return
        self.email_verified = True
        if self.status is UserStatus.PENDING:
            self.status = UserStatus.ACTIVE
        self._change(now)
        self._record(UserEmailVerified)

    def change_email(self, email: EmailAddress, *, now: datetime) -> None:
        """Replace the e-mail address with a confirmed address. The use case ends the user's other sessions."""
        self.email = email
        self.email_verified = True
        self._change(now)
        self._record(UserEmailChanged)

    def change_password(self, password_hash: str, *, now: datetime) -> None:
        """Replace the password. The use case ends the user's other sessions."""
        self.password_hash = password_hash
        self.password_changed_at = now
        self._change(now)
        self._record(UserPasswordChanged)

    def assign(self, role: Role, *, now: datetime) -> None:
        """Give the account another role. The rules are in the module `administering`."""
        former_role, self.role = self.role, role
        self._change(now)
        self.events.append(
            UserRoleChanged(
                aggregate_id=self.id,
                aggregate_version=self.version,
                occurred_at=now,
                former_role=former_role,
                role=role,
            )
        )

    def disable(self, *, now: datetime) -> None:
        """Disable the account until it is enabled again. The use case ends the account's sessions."""
        self.status = UserStatus.DISABLED
        self._change(now)
        self._record(UserDisabled)

    def enable(self, *, now: datetime) -> None:
        """Enable the account, whether or not its e-mail address is verified."""
        self.status = UserStatus.ACTIVE
        self._change(now)
        self._record(UserEnabled)

    def close(self, *, now: datetime) -> None:
        """Permanently close the account and erase its personal data.

        Afterwards, another account can use the e-mail address.
        """
        self.status = UserStatus.CLOSED
        self.email = None
        self.full_name = None
        self.email_verified = False
        self.password_hash = None
        self._change(now)
        self._record(UserClosed)

    def rehash(self, password_hash: str) -> None:
        """Store another hash of the same password. The account's version does not change."""
        self.password_hash = password_hash

    def ensure_active(self) -> None:
        """Raise AccountPending or AccountDisabled unless the account is active."""
        if self.status is UserStatus.PENDING:
            raise AccountPending
        if self.status is not UserStatus.ACTIVE:
            raise AccountDisabled

    def _change(self, now: datetime) -> None:
        self.version += 1
        self.updated_at = now

    def _record(self, event: type[UserEvent]) -> None:
        self.events.append(
            event(aggregate_id=self.id, aggregate_version=self.version, occurred_at=self.updated_at)
        )
