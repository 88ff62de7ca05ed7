from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2


class OutgoingHttp:
    """The HTTP client of a process, created on first use.

    The creation is slow, because it reads all CA certificates. `watch` is called with the new client, so that the
    client's requests can be traced.
    """

    def __init__(self, watch: Callable[["httpx2.AsyncClient"], None] = lambda _: None) -> None:
        self._watch = watch
        self._client: httpx2.AsyncClient | None = None

    def get(self) -> "httpx2.AsyncClient":
        if self._client is None:
            import httpx2  # noqa: PLC0415 - the import is slow, and many processes do not need it

            self._client = httpx2.AsyncClient()
            self._watch(self._client)
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
