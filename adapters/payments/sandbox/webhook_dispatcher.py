"""Send signed webhooks of the sandbox provider over HTTP until the shop accepts them."""

import asyncio
from datetime import timedelta

import httpx2

from adapters.payments.sandbox.store import SandboxMessage, SandboxStore
from adapters.payments.sandbox.webhook_parser import SandboxSignatures
from application.shared.ports import Clock

LEASE = timedelta(seconds=30)
"""The duration for which a dispatcher leases a message. The duration is longer than any attempt."""

TIMEOUT = httpx2.Timeout(10.0)
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=5)
_DOUBLINGS = 9
_MOST_ATTEMPTS = 100
"""The maximum number of attempts per message. All attempts together take about eight hours.

If all attempts fail, the shop has to query the result.
"""


class SandboxWebhookDispatcher:
    """A dispatcher that sends each message to `url` at least once.

    Any number of dispatchers can run.
    """

    def __init__(
        self,
        store: SandboxStore,
        signatures: SandboxSignatures,
        client: httpx2.AsyncClient,
        clock: Clock,
        *,
        url: str,
    ) -> None:
        self._store = store
        self._signatures = signatures
        self._client = client
        self._clock = clock
        self._url = url

    async def __call__(self, *, limit: int) -> int:
        """Try to send each due message once. Return the number of due messages.

        Messages that were not sent are due again after the lease. Raises Overloaded and DatabaseUnavailable.
        """
        now = self._clock.now()
        messages = await self._store.take_due_messages(now, again_at=now + LEASE, limit=limit)
        await asyncio.gather(*map(self._send, messages))
        return len(messages)

    async def _send(self, message: SandboxMessage) -> None:
        if await self._is_accepted(message) or message.attempts >= _MOST_ATTEMPTS:
            await self._store.forget(message.id)
        else:
            await self._store.postpone(message.id, self._clock.now() + _pause_after(message.attempts))

    async def _is_accepted(self, message: SandboxMessage) -> bool:
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
