from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase, reach
from application.users.ports import SigningKey, SigningKeys


class MemorySigningKeys(SigningKeys):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def all(self) -> Sequence[SigningKey]:
        await reach()
        return sorted(self._database.signing_keys, key=lambda key: key.created_at, reverse=True)

    async def add_first(self, key: SigningKey) -> None:
        await reach()
        if not self._database.signing_keys:
            self._database.signing_keys.append(key)
