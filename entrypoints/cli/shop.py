"""Run use cases from a command, without HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from entrypoints.bootstrap.root import Container
from entrypoints.cli.database import database, migrate
from entrypoints.cli.failures import describe_database_errors
from entrypoints.lifespan import running
from entrypoints.settings import Settings

T = TypeVar("T")


def in_shop(work: Callable[[Container], Awaitable[T]]) -> T:
    """Run `work` with a container that is configured by the environment.

    Migrates the embedded database, which may be new. Any other database is migrated only by `serve` and `db upgrade`.

    Raises:
        WrongSettings, CommandFailed, EmbeddedPostgresError, and the errors of `work`.
    """
    settings = Settings.from_environment()
    with database(settings) as url:
        if settings.database_url is None:
            migrate(url)
        container = Container(settings=settings.model_copy(update={"database_url": url}))
        return asyncio.run(_in_container(container, work))


async def _in_container(container: Container, work: Callable[[Container], Awaitable[T]]) -> T:
    try:
        with describe_database_errors():
            await container.database.health().check()
        async with running(container):
            return await work(container)
    except asyncio.CancelledError:
        # Ctrl-C: asyncpg abandons a future of the connection, and asyncio would log its error.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        raise
    finally:
        await container.database.engine().dispose()
