"""Use cases that read users."""

from dataclasses import dataclass

from application.shared.page import Page, Position
from application.signing.ports import InvalidToken
from application.users.ports import UserFilter, UserQueries
from application.users.views import UserView
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from domain.users.user import UserStatus


@dataclass(frozen=True, slots=True)
class GetMe:
    """Show an account to its owner."""

    users: UserQueries

    async def __call__(self, user_id: UserId) -> UserView:
        """Return the account. Raises InvalidToken if the account is closed."""
        user = await self.users.get(user_id)
        if user is None or user.status is UserStatus.CLOSED:
            raise InvalidToken
        return user


@dataclass(frozen=True, slots=True)
class GetUser:
    """Show an account to an admin."""

    users: UserQueries

    async def __call__(self, user_id: UserId) -> UserView:
        """Return the account. Raises NotFound."""
        user = await self.users.get(user_id)
        if user is None:
            raise NotFound("There is no such account.")
        return user


@dataclass(frozen=True, slots=True)
class ListUsers:
    """List accounts in pages. Closed accounts are included."""

    users: UserQueries

    async def __call__(
        self, criteria: UserFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[UserView]:
        return await self.users.list(criteria, descending=descending, after=after, limit=limit)
