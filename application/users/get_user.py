from dataclasses import dataclass

from application.users.ports import UserQueries
from application.users.views import UserView
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class GetUser:
    """Show an account to an admin."""

    users: UserQueries

    async def __call__(self, user_id: UserId) -> UserView:
        """Raise NotFound."""
        user = await self.users.get(user_id)
        if user is None:
            raise NotFound("There is no such account.")
        return user
