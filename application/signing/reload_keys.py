import asyncio
from datetime import datetime, timedelta

from application.shared.clock import Clock
from application.signing.ports import AccessTokens, SigningKeys

PAUSE = timedelta(seconds=5)
"""Between two looks for a key that is not known: whoever invents keys does not keep the database busy."""


class ReloadKeys:
    """Learn which keys sign and verify now: another process may have changed them."""

    def __init__(self, keys: SigningKeys, tokens: AccessTokens, clock: Clock) -> None:
        self._keys = keys
        self._tokens = tokens
        self._clock = clock
        self._looked_at: datetime | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> None:
        """Raise ValueError for a key that cannot be used, DatabaseUnavailable, Overloaded: the former keys stay."""
        self._tokens.use(await self._keys.all())

    async def unless_just_done(self) -> None:
        """Look for a key that is not known, unless somebody has looked within PAUSE; wait for whoever is looking."""
        async with self._one_at_a_time:
            now = self._clock.now()
            if self._looked_at is None or now - self._looked_at >= PAUSE:
                self._looked_at = now
                await self()
