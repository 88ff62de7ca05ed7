"""Events of accounts.

The events contain no personal data, because they remain stored after an account is closed.
"""

from dataclasses import dataclass

from domain.shared.events import Event
from domain.users.permissions import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent(Event):
    aggregate_type = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedUp(UserEvent):
    """An account was created, by a customer or by an admin."""

    type = "user.signed_up"

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(UserEvent):
    """The profile of an account was edited."""

    type = "user.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEmailVerified(UserEvent):
    """A user verified the e-mail address of an account."""

    type = "user.email_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEmailChanged(UserEvent):
    """A user confirmed a new e-mail address. The new address replaced the former address."""

    type = "user.email_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPasswordChanged(UserEvent):
    """The password of an account was changed or reset."""

    type = "user.password_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(UserEvent):
    """An admin changed the role of an account."""

    type = "user.role_changed"

    former_role: Role
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(UserEvent):
    """An admin disabled an account. The account can no longer be used, and all its sessions ended."""

    type = "user.disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEnabled(UserEvent):
    """An admin enabled a disabled account again."""

    type = "user.enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserClosed(UserEvent):
    """An account was closed, and its personal data was erased."""

    type = "user.closed"
