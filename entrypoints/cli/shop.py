"""Run use cases from a command, without HTTP."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.postgres.core.cancellation import run_interruptible, silence_abandoned_connections
from entrypoints.bootstrap.root import Container
from entrypoints.cli.database import database, migrate
from entrypoints.cli.failures import describe_database_errors
from entrypoints.lifespan import running
from entrypoints.settings import Settings

T = TypeVar("T")


def in_shop(work: Callable[[Container], Awaitable[T]]) -> T:
    """Run `work` with a dependency injection container.

    The settings of the container come from environment variables. An embedded database may be new, so it is migrated
    before `work` runs. An external database is not migrated here. Only `serve` and `db upgrade` migrate an external
    database.

    Raises:
        WrongSettings, CommandFailed, EmbeddedPostgresError, and the errors of `work`.
    """
    settings = Settings.from_environment()
    with database(settings) as url:
        if settings.database_url is None:
            migrate(url, settings)
        container = Container(settings=settings.model_copy(update={"database_url": url}))
        return run_interruptible(_in_container(container, work))


async def _in_container(container: Container, work: Callable[[Container], Awaitable[T]]) -> T:
    try:
        with silence_abandoned_connections():
            with describe_database_errors():
                await container.database.health().check()
            async with running(container):
                return await work(container)
    finally:
        await container.database.engine().dispose()
