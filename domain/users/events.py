"""Events of accounts.

They contain no personal data, because they are stored after an account is closed.
"""

from dataclasses import dataclass

from domain.shared.events import Event
from domain.users.permissions import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent(Event):
    aggregate_type = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedUp(UserEvent):
    type = "user.signed_up"

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(UserEvent):
    type = "user.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEmailVerified(UserEvent):
    type = "user.email_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEmailChanged(UserEvent):
    type = "user.email_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPasswordChanged(UserEvent):
    type = "user.password_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(UserEvent):
    type = "user.role_changed"

    former_role: Role
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(UserEvent):
    type = "user.disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEnabled(UserEvent):
    type = "user.enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserClosed(UserEvent):
    type = "user.closed"
