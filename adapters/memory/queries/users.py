from adapters.memory.database import MemoryDatabase, reach
from application.users.ports import UserQueries
from application.users.views import UserView
from domain.shared.ids import UserId


class MemoryUserQueries(UserQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, user_id: UserId) -> UserView | None:
        await reach()
        user = self._database.tables.users.get(user_id)
        return UserView.of(user) if user else None
