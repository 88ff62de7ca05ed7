"""The shop as commands have it: every use case, without HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from entrypoints.bootstrap.root import Container
from entrypoints.cli.database import database, migrate
from entrypoints.cli.failures import database_failures_told
from entrypoints.lifespan import running
from entrypoints.settings import Settings

T = TypeVar("T")


def in_shop(work: Callable[[Container], Awaitable[T]]) -> T:
    """Do work in the shop that the environment's settings describe.

    The embedded database is ours to migrate, and may be new. Another one is upgraded by `serve` and `db upgrade`
    only. Raises WrongSettings, CommandFailed, EmbeddedPostgresError and what the work raises.
    """
    settings = Settings.from_environment()
    with database(settings) as url:
        if settings.database_url is None:
            migrate(url)
        container = Container(settings=settings.model_copy(update={"database_url": url}))
        return asyncio.run(_in_container(container, work))


async def _in_container(container: Container, work: Callable[[Container], Awaitable[T]]) -> T:
    try:
        with database_failures_told():
            await container.database.health().check()
        async with running(container):
            return await work(container)
    finally:
        await container.database.engine().dispose()
