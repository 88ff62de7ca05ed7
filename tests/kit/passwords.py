import asyncio

from application.users.ports import BreachedPasswords, PasswordHasher
from domain.users.password import normalised

_PREFIX = "plain:"


class PlainHasher(PasswordHasher):
    """Writes passwords down as they are, which costs nothing."""

    async def hash(self, password: str) -> str:
        await asyncio.sleep(0)
        return _PREFIX + normalised(password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        await asyncio.sleep(0)
        return hashed == _PREFIX + normalised(password)

    def needs_rehash(self, hashed: str) -> bool:
        return not hashed.startswith(_PREFIX)


class BreachedOnly(BreachedPasswords):
    """Knows the passwords that it was made with."""

    def __init__(self, *passwords: str) -> None:
        self._passwords = frozenset(passwords)

    def contains(self, password: str) -> bool:
        return password in self._passwords
