"""How the sandbox calls the shop back: over HTTP, signed, and again until it is heard."""

import asyncio
from datetime import timedelta

import httpx2

from adapters.payments.sandbox.store import SandboxMessage, SandboxStore
from adapters.payments.sandbox.webhook_parser import SandboxSignatures
from application.shared.clock import Clock

LEASE = timedelta(seconds=30)
"""For how long a message is one courier's: longer than any attempt takes."""

TIMEOUT = httpx2.Timeout(10.0)
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=5)
_DOUBLINGS = 9
_MOST_ATTEMPTS = 100
"""Some eight hours of them; then the shop has to ask, as with every provider."""


class SandboxWebhookDispatcher:
    """Brings messages to `url`, at least once each. Any number of couriers may be on their way."""

    def __init__(
        self,
        books: SandboxStore,
        signatures: SandboxSignatures,
        client: httpx2.AsyncClient,
        clock: Clock,
        *,
        url: str,
    ) -> None:
        self._books = books
        self._signatures = signatures
        self._client = client
        self._clock = clock
        self._url = url

    async def __call__(self, *, limit: int) -> int:
        """Try to bring as many messages as are due, and return how many those were.

        Raises Overloaded and DatabaseUnavailable; what was not brought by then is due again after the lease.
        """
        now = self._clock.now()
        messages = await self._books.take_due_messages(now, again_at=now + LEASE, limit=limit)
        await asyncio.gather(*map(self._bring, messages))
        return len(messages)

    async def _bring(self, message: SandboxMessage) -> None:
        if await self._was_heard(message) or message.attempts >= _MOST_ATTEMPTS:
            await self._books.forget(message.id)
        else:
            await self._books.postpone(message.id, self._clock.now() + _pause_after(message.attempts))

    async def _was_heard(self, message: SandboxMessage) -> bool:
        webhooks = await self._signatures.get()
        headers = webhooks.sign(f"msg_{message.id.hex}", message.body, at=self._clock.now())
        try:
            response = await self._client.post(
                self._url,
                content=message.body,
                headers={"Content-Type": "application/json", **headers},
                timeout=TIMEOUT,
            )
        except httpx2.HTTPError:
            return False
        return response.is_success


def _pause_after(attempts: int) -> timedelta:
    doublings: int = 2 ** min(attempts - 1, _DOUBLINGS)
    return min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)
