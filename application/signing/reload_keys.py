import asyncio
from datetime import datetime, timedelta

from application.shared.ports import Clock
from application.signing.ports import AccessTokens, SigningKeys

PAUSE = timedelta(seconds=5)
"""The minimum time between two reloads that tokens with unknown keys cause.

Without this limit, a client could put load on the database with invented key ids.
"""


class ReloadKeys:
    """Reload the signing keys, which another process may have changed."""

    def __init__(self, keys: SigningKeys, tokens: AccessTokens, clock: Clock) -> None:
        self._keys = keys
        self._tokens = tokens
        self._clock = clock
        self._looked_at: datetime | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> None:
        """Reload the keys. If an error is raised, the former keys stay in use.

        Raises DatabaseUnavailable, Overloaded. Raises ValueError if a key cannot be used.
        """
        self._tokens.use(await self._keys.all())

    async def unless_just_done(self) -> None:
        """Reload the keys because a token has an unknown key. Skip the reload if the last one was recent.

        Concurrent calls run one after the other. If an earlier call of this method began a reload less than PAUSE
        ago, the keys are not reloaded.
        """
        async with self._one_at_a_time:
            now = self._clock.now()
            if self._looked_at is None or now - self._looked_at >= PAUSE:
                self._looked_at = now
                await self()
