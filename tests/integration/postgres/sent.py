"""Record the statements of an engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from asyncpg.connection import LoggedQuery
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

_READ_TIME = "SELECT clock_timestamp()"
"""The statement with which DatabaseClock reads the time again when the last result is too old."""


_OF_DRIVER_ITSELF = ("typeinfo_tree", "'jit'")
"""Texts that occur only in statements with which the driver looks up types on a new connection."""


@contextmanager
def statements_of(engine: AsyncEngine) -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """Collect all statements that are executed during the context, with their parameters.

    Statements that the driver executes itself are added when the context ends.
    """
    sent: list[tuple[str, tuple[object, ...]]] = []
    of_driver: list[tuple[str, tuple[object, ...]]] = []
    drivers: set[asyncpg.Connection] = set()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    def note_driver(_connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        driver = record.driver_connection
        if driver is not None and driver not in drivers:
            drivers.add(driver)
            driver.add_query_logger(note_query)

    def note_query(logged: LoggedQuery) -> None:
        of_driver.append((logged.query, tuple(logged.args or ())))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    event.listen(engine.sync_engine, "checkout", note_driver)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    event.remove(engine.sync_engine, "checkout", note_driver)
    for driver in drivers:
        driver.remove_query_logger(note_query)
    of_sqlalchemy = {statement for statement, _ in sent} | {_READ_TIME}
    sent += [
        query
        for query in of_driver
        if query[0].lstrip().startswith(("SELECT", "WITH"))
        and query[0] not in of_sqlalchemy
        and not any(part in query[0] for part in _OF_DRIVER_ITSELF)
    ]
