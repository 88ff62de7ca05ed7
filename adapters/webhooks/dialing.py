"""Connections to public IP addresses only.

If a host name resolves to a private address, no connection is made.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NoReturn

import httpcore2

from adapters.webhooks.addresses import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class AddressRefused(httpcore2.ConnectError):
    """The host name resolves to an IP address that is not public."""


class NameNotFound(httpcore2.ConnectError):
    """The host name does not resolve to any IP address."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host name, preferred addresses first. Raises NameNotFound."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NameNotFound from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicDialer(httpcore2.AsyncNetworkBackend):
    """A network backend that resolves a name only once, and connects only to public addresses.

    If the dialer checked the addresses of a name and then connected by name, the name would be resolved twice. The
    addresses of the second result would not be checked.
    """

    def __init__(
        self, network: httpcore2.AsyncNetworkBackend | None = None, *, resolve: Resolve = resolve
    ) -> None:
        self._network = network or httpcore2.AnyIOBackend()
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the overridden method of the library has this parameter
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not all(map(is_public, addresses)):
            raise AddressRefused
        failure: httpcore2.ConnectError = NameNotFound()
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    address,
                    port,
                    timeout=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = httpcore2.ConnectError(str(error))
        raise failure

    async def connect_unix_socket(self, *_args: object, **_options: object) -> NoReturn:
        raise AddressRefused

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
