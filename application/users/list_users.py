from dataclasses import dataclass

from application.shared.page import Page, Position
from application.users.ports import UserFilter, UserQueries
from application.users.views import UserView


@dataclass(frozen=True, slots=True)
class ListUsers:
    """List the accounts of the shop, closed ones too, in portions."""

    users: UserQueries

    async def __call__(
        self, criteria: UserFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[UserView]:
        return await self.users.list(criteria, descending=descending, after=after, limit=limit)
