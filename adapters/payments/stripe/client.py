"""Stripe's official library with the HTTP client of the service."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import NoReturn

import httpx2
import stripe

TIMEOUT = httpx2.Timeout(6.0)
"""The timeout in seconds of each step of one request.

A call of the gateway can send several requests, and has its own timeout.
"""


def create_client(
    api_key: str, http_client: httpx2.AsyncClient, *, api_base: str | None
) -> stripe.StripeClient:
    """Return a client that does not retry requests, because the caller retries them."""
    stripe.enable_telemetry = False  # The library must not report request durations to Stripe.
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": api_base.rstrip("/")} if api_base else {},
        max_network_retries=0,
        http_client=_HttpClient(http_client),
    )


class _HttpClient(stripe.HTTPClient):
    """The service's HTTP client behind the interface that Stripe's library expects."""

    name = "httpx2"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        super().__init__()
        self._client = client

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            response = await self._client.request(
                method, url, headers=headers, content=post_data or None, timeout=TIMEOUT
            )
        except httpx2.HTTPError as error:
            # Stripe's library logs the message of this exception. Therefore the message contains only the type of the
            # error.
            raise stripe.APIConnectionError(type(error).__name__) from None  # type: ignore[no-untyped-call] # the library has no annotation
        return response.content, response.status_code, response.headers

    def sleep_async(self, secs: float) -> Awaitable[None]:
        return asyncio.sleep(secs)

    def request(self, *_args: object, **_options: object) -> NoReturn:
        raise NotImplementedError("Nothing here waits for the network without letting others run.")

    def close(self) -> None:
        """Leave the client open, because it belongs to the service."""

    async def close_async(self) -> None:
        """Leave the client open, because it belongs to the service."""
