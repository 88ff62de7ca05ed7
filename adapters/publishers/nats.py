"""Publish events to NATS JetStream with the official library."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import unquote, urlsplit

import structlog
from nats.aio.client import Client
from nats.errors import Error, SecureConnRequiredError
from nats.js import JetStreamContext
from nats.js.api import Header, StorageType, StreamConfig
from nats.js.errors import NoStreamResponseError

from application.events.cloud_event import CONTENT_TYPE, cloud_event
from application.events.ports import EventPublisher, PublisherUnavailable
from application.events.views import PublishedEvent

SECONDS = 15.0
"""The timeout for publishing one batch, in seconds. It is shorter than the relay's timeout."""

CONNECT_SECONDS = 3
ANSWER_SECONDS = 5.0
CLOSE_SECONDS = 1.0

DEDUPLICATED_FOR = 600.0
"""The deduplication window, in seconds, of a stream that this adapter creates.

The window is longer than a lease plus a restart.
"""

_log = structlog.get_logger(__name__)


class NatsPublisher(EventPublisher):
    """A publisher of events to a JetStream stream.

    The stream is created if no stream has the subjects. Each event has the subject `prefix.type`. An event is sent
    only after the previous event is stored, so the sequence is preserved. The message id is the event id, by which
    JetStream deduplicates messages.

    After any error, the connection is closed, and the next call opens another connection. The client therefore keeps
    no old message that could arrive after later messages.

    `servers` are URLs of one cluster, `nats://user:password@host:4222` or `tls://…`. The user of the first URL is
    used for all servers. If this user has no password, the user name is a token. `source` is the URL of the service.
    """

    name = "nats"

    def __init__(self, servers: Sequence[str], *, stream: str, prefix: str, source: str) -> None:
        first = urlsplit(servers[0]) if servers else urlsplit("")
        self._servers = [
            f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}" for url in servers
        ]
        self._user = unquote(first.username) if first.username else None
        self._password = unquote(first.password) if first.password else None
        self._stream = stream
        self._prefix = prefix
        self._source = source
        self._client: Client | None = None
        self._one_at_a_time = asyncio.Lock()

    async def publish(self, events: Sequence[PublishedEvent]) -> None:
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(SECONDS):
                    stream = (await self._connected()).jetstream(timeout=ANSWER_SECONDS)
                    for event in events:
                        await self._store(stream, event)
            except (Error, OSError, TimeoutError) as error:
                await self.close()
                raise PublisherUnavailable from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Error, OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await client.close()

    async def _connected(self) -> Client:
        if self._client is not None and self._client.is_connected:
            return self._client
        await self.close()
        # The attribute is assigned before the client connects, so that `close` also closes a client whose connection
        # attempt failed.
        self._client = client = _CarefulClient()
        await client.connect(
            self._servers,
            name="steelyard",
            user=self._user if self._password is not None else None,
            password=self._password,
            token=self._user if self._password is None else None,
            error_cb=_take_note,
            connect_timeout=CONNECT_SECONDS,
            allow_reconnect=False,
            # The client tries each server twice. With a limit of 0, the library would retry forever.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
        )
        return client

    async def _store(self, stream: JetStreamContext, event: PublishedEvent) -> None:
        try:
            await self._send(stream, event)
        except NoStreamResponseError:
            await stream.add_stream(
                StreamConfig(
                    name=self._stream,
                    subjects=[f"{self._prefix}.>"],
                    storage=StorageType.FILE,
                    duplicate_window=DEDUPLICATED_FOR,
                )
            )
            await self._send(stream, event)

    async def _send(self, stream: JetStreamContext, event: PublishedEvent) -> None:
        body = json.dumps(cloud_event(event, source=self._source), ensure_ascii=False, separators=(",", ":"))
        await stream.publish(
            f"{self._prefix}.{event.type}",
            body.encode(),
            stream=self._stream,
            headers={
                Header.MSG_ID.value: str(event.id),
                "Content-Type": CONTENT_TYPE,
                **({"traceparent": event.traceparent} if event.traceparent else {}),
            },
        )


class _CarefulClient(Client):
    """A client that does not connect in plain text if TLS was requested.

    If the server does not require TLS, the library's own client would send plain text.
    """

    def _connect_command(self) -> bytes:
        server = self._current_server
        if server is not None and server.uri.scheme == "tls" and not self._server_info.get("tls_required"):
            raise SecureConnRequiredError
        return super()._connect_command()


async def _take_note(error: Exception) -> None:
    """Log server errors that belong to no request, for example a forbidden subject."""
    if isinstance(error, Error):
        _log.warning("NATS complains", reason=str(error))
