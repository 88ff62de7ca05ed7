"""Administration of accounts. The shop always has at least one active admin."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from domain.shared.errors import DomainError, Forbidden
from domain.shared.ids import ClientId, UserId
from domain.shared.unset import UNSET, Unset
from domain.users.permissions import Role
from domain.users.user import User, UserStatus


class LastAdmin(DomainError):
    """The change would leave the shop without an admin."""

    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("This is the last admin. Make somebody else an admin first.")


class AccountClosed(DomainError):
    """The owner has closed the account. Only the orders of the account remain."""

    code = "account_closed"

    def __init__(self) -> None:
        super().__init__("This account has been closed, and cannot be changed any more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanges:
    """Changes to an account.

    A field that is UNSET does not change. `status` is ACTIVE or DISABLED.
    """

    role: Role | Unset = UNSET
    status: UserStatus | Unset = UNSET


def administer(
    user: User,
    changes: AccountChanges,
    *,
    actor_id: UserId | ClientId | None,
    admins: Collection[UserId],
    now: datetime,
) -> None:
    """Change an account's role or status. `admins` are all active admins; they must be locked.

    Raises AccountClosed, LastAdmin. Raises Forbidden if an admin changes their own account.
    """
    if user.id == actor_id:
        raise Forbidden("Nobody changes their own role or status. Ask another admin.")
    if user.status is UserStatus.CLOSED:
        raise AccountClosed
    if not isinstance(changes.role, Unset) and changes.role is not user.role:
        if changes.role is not Role.ADMIN:
            ensure_other_admin(user, admins)
        user.assign(changes.role, now=now)
    if not isinstance(changes.status, Unset) and changes.status is not user.status:
        if changes.status is UserStatus.ACTIVE:
            user.enable(now=now)
        else:
            ensure_other_admin(user, admins)
            user.disable(now=now)


def ensure_other_admin(user: User, admins: Collection[UserId]) -> None:
    """Raise LastAdmin if the user is the only active admin."""
    if user.administers and not set(admins) - {user.id}:
        raise LastAdmin
