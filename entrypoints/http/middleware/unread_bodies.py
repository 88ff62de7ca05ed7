"""Bounds on unread request bodies: the time that each can take, and their number."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.security.client_network import network_of
from entrypoints.proxies import TrustedProxies

GRACE_SECONDS = 5.0
"""Seconds after the headers in which a body can arrive at any rate."""

TICK_SECONDS = 0.5
"""How often the unread bodies are looked at."""

_WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}
"""Methods of which no operation reads a body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """Seconds for a whole body, its minimum average rate in bytes per second, and how many may be unread at once.

    0 means no bound on the number.
    """

    seconds: float
    min_rate: int
    max_unread: int
    max_unread_per_network: int

    def seconds_for(self, received: int) -> float:
        """Return how many seconds after the headers the next part must have arrived."""
        return min(self.seconds, GRACE_SECONDS + received / self.min_rate)


class UnreadBodiesMiddleware:
    """Raises `request_timeout` for a body that arrives too slowly, and `overloaded` for one too many unread bodies.

    It raises when the app reads the body, so that a request whose body is not read takes no place. Trusted proxies are
    exempt from the bound per network, because they send the bodies of many clients.
    """

    def __init__(self, app: ASGIApp, *, limits: BodyLimits, proxies: TrustedProxies) -> None:
        self.app = app
        self._limits = limits
        self._proxies = proxies
        self._unread: set[_UnreadBody] = set()
        self._unread_by_network: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self.app(scope, receive, send)
            return
        body = _UnreadBody(self, scope, receive)
        try:
            await self.app(scope, body.receive, send)
        finally:
            self.release(body)

    def admit(self, body: "_UnreadBody") -> None:
        """Count a body as unread. Raises HTTPProblem `overloaded`."""
        limits = self._limits
        network = self._network_of_peer(body.scope) if limits.max_unread_per_network else None
        if (limits.max_unread and len(self._unread) >= limits.max_unread) or (
            network is not None and self._unread_by_network[network] >= limits.max_unread_per_network
        ):
            raise HTTPProblem("overloaded", headers={"Retry-After": "1", "Connection": "close"})
        loop = asyncio.get_running_loop()
        body.started = loop.time()
        body.network = network
        self._unread.add(body)
        if network is not None:
            self._unread_by_network[network] += 1
        if self._timer is None:
            self._timer = loop.call_later(TICK_SECONDS, self._end_late_bodies)

    def release(self, body: "_UnreadBody") -> None:
        """Stop counting a body that was read or is no longer awaited."""
        if body not in self._unread:
            return
        self._unread.remove(body)
        if body.network is not None:
            self._unread_by_network[body.network] -= 1
            if not self._unread_by_network[body.network]:
                del self._unread_by_network[body.network]

    def _network_of_peer(self, scope: Scope) -> str | None:
        """Return the network whose unread bodies are bounded, or None for a trusted proxy."""
        peer = scope["client"][0] if scope.get("client") else ""
        return None if self._proxies.trusts(peer) else network_of(peer)

    def _end_late_bodies(self) -> None:
        """Look at all unread bodies at once: a timer for each would cost more than reading it does."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for body in self._unread:
            if body.started is not None and now >= body.started + self._limits.seconds_for(body.received):
                body.end()
        if self._unread:
            self._timer = loop.call_later(TICK_SECONDS, self._end_late_bodies)


class _UnreadBody:
    """The body of one request, counted from the first read until it has been read."""

    __slots__ = (
        "_bounds",
        "_is_late",
        "_is_read",
        "_receive",
        "_waiting",
        "network",
        "received",
        "scope",
        "started",
    )

    def __init__(self, bounds: UnreadBodiesMiddleware, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.received = 0
        self.started: float | None = None
        self.network: str | None = None
        self._bounds = bounds
        self._receive = receive
        self._waiting: asyncio.Task[Any] | None = None
        self._is_read = False
        self._is_late = False

    async def receive(self) -> Message:
        """Receive the next message. Raises HTTPProblem."""
        if self._is_read:
            return await self._receive()
        if self.started is None:
            self._bounds.admit(self)
        self._waiting = asyncio.current_task()
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if self._is_late and self._waiting is not None and self._waiting.uncancel() == 0:
                raise HTTPProblem("request_timeout", headers={"Connection": "close"}) from None
            raise
        finally:
            self._waiting = None
        self.received += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._is_read = True
            self._bounds.release(self)
        return message

    def end(self) -> None:
        """Stop waiting for the rest of the body."""
        if self._waiting is not None and not self._is_late:
            self._is_late = True
            self._waiting.cancel()
