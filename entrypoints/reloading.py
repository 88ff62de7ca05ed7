"""Reload the files with log levels and signing keys, without a restart of the process."""

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from application.shared.errors import DatabaseUnavailable, Overloaded
from entrypoints.logging_config import configure_logging
from entrypoints.setting_names import WrongSettings
from entrypoints.settings import Settings

# The parent of the serving processes uses this module. Importing the container here would delay the parent's
# start.
if TYPE_CHECKING:
    from entrypoints.bootstrap.root import Container

_log = structlog.get_logger(__name__)


def reloader(container: "Container") -> Callable[[], None]:
    """Return a function that reloads the files of a process. Any thread can call it."""
    loop = asyncio.get_running_loop()

    def request_reload() -> None:
        asyncio.run_coroutine_threadsafe(reload(container), loop)

    return request_reload


async def reload(container: "Container") -> None:
    """Reload the log levels and the signing keys. An invalid file changes nothing."""
    reload_log_levels(container.settings())
    try:
        await container.signing.reload_keys()()
    except (OSError, ValueError, DatabaseUnavailable, Overloaded) as error:
        _log.error("signing keys are not reloaded", error=type(error).__name__)
    else:
        _log.info("log levels and signing keys are reloaded", process=os.getpid())


def reload_log_levels(settings: Settings) -> None:
    """Reload the log levels from the configured file. An invalid file leaves the levels unchanged."""
    try:
        configure_logging(settings.read_log_levels())
    except WrongSettings as error:
        _log.error("log levels are not reloaded", reason=str(error))
