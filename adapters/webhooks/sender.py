"""Send webhook messages over HTTP, signed as Standard Webhooks specifies."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence

import httpcore2

from adapters.standard_webhooks import StandardWebhooks
from adapters.webhooks.dialing import AddressRefused, NameNotFound, PublicDialer
from application.events.cloud_event import CONTENT_TYPE
from application.shared.ports import Clock
from application.webhooks.ports import WebhookSender
from domain.webhooks.delivery import Attempt

SECONDS = 15.0
"""The number of seconds within which a subscriber must accept a message."""

CONNECT_SECONDS = 5.0
CONNECTIONS = 100


class HttpWebhookSender(WebhookSender):
    """A sender of messages by POST.

    The sender follows no redirects, and reads only the status of a response. If `to_private_addresses` is false, the
    sender connects only to public addresses. If it is true, the sender connects to all addresses, for development on
    one machine.
    """

    def __init__(self, clock: Clock, *, to_private_addresses: bool) -> None:
        self._clock = clock
        self._pool = httpcore2.AsyncConnectionPool(
            max_connections=CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=None if to_private_addresses else PublicDialer(),
        )

    async def send(
        self,
        url: str,
        secrets: Sequence[bytes],
        message_id: str,
        body: str,
        *,
        traceparent: str | None = None,
    ) -> Attempt:
        signature = StandardWebhooks(secrets).sign(message_id, body, at=self._clock.now())
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "steelyard",
            **signature,
            **({"traceparent": traceparent} if traceparent else {}),
        }
        status, error = None, None
        try:
            async with asyncio.timeout(SECONDS):
                status = await self._post(url, headers, body.encode())
        except (TimeoutError, httpcore2.TimeoutException):
            error = "timeout"
        except AddressRefused:
            error = "address_refused"
        except NameNotFound:
            error = "name_not_found"
        except httpcore2.ConnectError as failure:
            error = "tls_failed" if _is_by_tls(failure) else "connection_failed"
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol):
            error = "connection_failed"
        return Attempt(self._clock.now(), status, error)

    async def close(self) -> None:
        await self._pool.aclose()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        timeouts = {"connect": CONNECT_SECONDS, "pool": SECONDS, "read": SECONDS, "write": SECONDS}
        async with self._pool.stream(
            "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": timeouts}
        ) as response:
            return response.status


def _is_by_tls(failure: BaseException | None) -> bool:
    while failure is not None and not isinstance(failure, ssl.SSLError):
        failure = failure.__cause__ or failure.__context__
    return failure is not None
