from dataclasses import dataclass

from application.users.ports import InvalidToken, UserQueries
from application.users.views import UserView
from domain.shared.ids import UserId
from domain.users.user import UserStatus


@dataclass(frozen=True, slots=True)
class GetMe:
    """Show an account to its owner."""

    users: UserQueries

    async def __call__(self, user_id: UserId) -> UserView:
        """Raise InvalidToken where there is no such account any more."""
        user = await self.users.get(user_id)
        if user is None or user.status is UserStatus.CLOSED:
            raise InvalidToken
        return user
