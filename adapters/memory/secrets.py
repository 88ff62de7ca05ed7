from secrets import token_bytes

from adapters.memory.database import MemoryDatabase, reach
from application.shared.secrets import Secrets


class MemorySecrets(Secrets):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        await reach()
        return self._database.secrets.setdefault(name, token_bytes(nbytes))
