"""Bounds on unread request bodies: the time for each body, and the number of bodies."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.security.client_network import network_of
from entrypoints.proxies import TrustedProxies

GRACE_SECONDS = 5.0
"""For this number of seconds after the first read of a body, the minimum rate does not apply."""

TICK_SECONDS = 0.5
"""The interval between checks of the unread bodies.

If a body is still incomplete at the second check after its first read, the body is counted as unread.

If the whole body has already arrived, the app reads it within one iteration of the event loop. Such a body is never
counted, even if the event loop is busy.
"""

_WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}
"""Methods without request bodies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """The bounds on bodies: time, minimum rate and number.

    `seconds` is the maximum time for a whole body. `min_rate` is the minimum average rate in bytes per second. The
    other fields are maximum numbers of bodies that are unread at the same time. For these fields, 0 means no limit.
    """

    seconds: float
    min_rate: int
    max_unread: int
    max_unread_per_network: int

    def seconds_for(self, received: int) -> float:
        """Return the deadline for the next part of the body, in seconds after the first read.

        `received` is the number of bytes that have arrived.
        """
        return min(self.seconds, GRACE_SECONDS + received / self.min_rate)


class UnreadBodiesMiddleware:
    """Rejects slow bodies with `request_timeout`, and excess unread bodies with `overloaded`.

    The error is raised while the app reads the body. Only bodies that the app reads are counted.

    The bound per network does not apply to trusted proxies, because a proxy sends the bodies of many clients.
    """

    def __init__(self, app: ASGIApp, *, limits: BodyLimits, proxies: TrustedProxies) -> None:
        self.app = app
        self._limits = limits
        self._proxies = proxies
        self._unread: dict[_UnreadBody, None] = {}
        """The unread bodies, in the sequence in which the app began to read them."""
        self._counted = 0
        self._counted_by_network: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # This method is not a coroutine function, because a second coroutine would take CPU time for every request.
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            return self.app(scope, receive, send)
        return self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _UnreadBody(self, scope, receive)
        try:
            await self.app(scope, body.receive, send)
        finally:
            self.release(body)

    def add(self, body: "_UnreadBody") -> None:
        """Watch a body until it is released."""
        loop = asyncio.get_running_loop()
        body.started = loop.time()
        self._unread[body] = None
        if self._timer is None:
            self._timer = loop.call_later(TICK_SECONDS, self._look_at_bodies)

    def release(self, body: "_UnreadBody") -> None:
        """Stop watching a body that is complete, or that the app no longer reads."""
        self._unread.pop(body, None)
        if not body.is_counted:
            return
        body.is_counted = False
        self._counted -= 1
        if body.network is not None:
            self._counted_by_network[body.network] -= 1
            if not self._counted_by_network[body.network]:
                del self._counted_by_network[body.network]

    def _network_of_peer(self, scope: Scope) -> str | None:
        """Return the network of the peer, or None for a trusted proxy."""
        peer = scope["client"][0] if scope.get("client") else ""
        return None if self._proxies.trusts(peer) else network_of(peer)

    def _look_at_bodies(self) -> None:
        """Check all unread bodies in one run.

        A timer for each body would take more time than reading the body.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        for body in self._unread:
            if now >= body.started + self._limits.seconds_for(body.received):
                body.end(HTTPProblem("request_timeout", headers={"Connection": "close"}))
            elif not body.is_seen:
                body.is_seen = True
            elif not body.is_counted and not self._count(body):
                body.end(HTTPProblem("overloaded", headers={"Retry-After": "1", "Connection": "close"}))
        self._timer = loop.call_later(TICK_SECONDS, self._look_at_bodies) if self._unread else None

    def _count(self, body: "_UnreadBody") -> bool:
        """Count a body toward the bounds. Return False if a bound is exceeded."""
        limits = self._limits
        network = self._network_of_peer(body.scope) if limits.max_unread_per_network else None
        if limits.max_unread and self._counted >= limits.max_unread:
            return False
        if network is not None and self._counted_by_network[network] >= limits.max_unread_per_network:
            return False
        body.is_counted, body.network = True, network
        self._counted += 1
        if network is not None:
            self._counted_by_network[network] += 1
        return True


class _UnreadBody:
    """The body of one request, from the first read until the body is complete."""

    __slots__ = (
        "_bounds",
        "_is_read",
        "_problem",
        "_receive",
        "_waiting",
        "is_counted",
        "is_seen",
        "network",
        "received",
        "scope",
        "started",
    )

    def __init__(self, bounds: UnreadBodiesMiddleware, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.received = 0
        self.started = 0.0
        self.is_seen = False
        self.is_counted = False
        self.network: str | None = None
        self._bounds = bounds
        self._receive = receive
        self._waiting: asyncio.Task[Any] | None = None
        self._is_read = False
        self._problem: HTTPProblem | None = None

    async def receive(self) -> Message:
        """Receive the next message. Raises HTTPProblem."""
        if self._is_read:
            return await self._receive()
        if not self.started:
            self._bounds.add(self)
        self._waiting = asyncio.current_task()
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if self._problem is not None and self._waiting is not None and self._waiting.uncancel() == 0:
                raise self._problem from None
            raise
        finally:
            self._waiting = None
        self.received += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._is_read = True
            self._bounds.release(self)
        return message

    def end(self, problem: HTTPProblem) -> None:
        """Stop waiting for the rest of the body: the waiting call of `receive` raises this problem."""
        if self._waiting is not None and self._problem is None:
            self._problem = problem
            self._waiting.cancel()
