"""What is done before the first request and after the last."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.security.keys import generate_signing_key
from entrypoints.container import Container

CURSOR_SECRET = "list-cursors"  # noqa: S105 - the name of a secret, not a secret
CURSOR_SECRET_BYTES = 32


@asynccontextmanager
async def running(container: Container) -> AsyncIterator[bytes]:
    """Load what all processes on one database share, yield the secret of cursors, and close everything afterwards.

    Orders that are being placed are finished before connections are closed.
    """
    async with AsyncExitStack() as stack:
        stack.push_async_callback(container.engine().dispose)
        stack.callback(container.shutdown_resources)
        stack.push_async_callback(container.order_batcher().drain)
        keys = container.signing_keys()
        await keys.add_first(generate_signing_key(container.clock().now()))
        container.access_tokens().use(await keys.all())
        secret = await container.secrets().get_or_create(CURSOR_SECRET, CURSOR_SECRET_BYTES)
        yield secret
