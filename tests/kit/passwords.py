import asyncio
import re
from collections.abc import Awaitable, Callable

from application.users.ports import BreachedPasswords, PasswordHasher
from domain.users.password import MAX_RAW_LENGTH, normalize_password

_PLAIN = re.compile(r"plain-\d+:(.*)", re.DOTALL)


class PlainHasher(PasswordHasher):
    """A fake hasher. The hash consists of the strength of the parameters and the password."""

    def __init__(self) -> None:
        self._strength = 1
        self._during_verification: list[Callable[[], Awaitable[None]]] = []

    def raise_parameters(self) -> None:
        """Treat all existing hashes as too weak."""
        self._strength += 1

    def call_during_next_verification(self, function: Callable[[], Awaitable[None]]) -> None:
        """Call a function while the next password is being verified."""
        self._during_verification.append(function)

    async def hash(self, password: str) -> str:
        await asyncio.sleep(0)
        return self._prefix + normalize_password(password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        await asyncio.sleep(0)
        while self._during_verification:
            await self._during_verification.pop()()
        plain = _PLAIN.fullmatch(hashed or "")
        return (
            len(password) <= MAX_RAW_LENGTH and plain is not None and plain[1] == normalize_password(password)
        )

    def needs_rehash(self, hashed: str) -> bool:
        return not hashed.startswith(self._prefix)

    @property
    def _prefix(self) -> str:
        return f"plain-{self._strength}:"


class ListedBreachedPasswords(BreachedPasswords):
    """A list of breached passwords that the test chooses."""

    def __init__(self, *passwords: str) -> None:
        self._passwords = frozenset(passwords)

    def contains(self, password: str) -> bool:
        return password in self._passwords
