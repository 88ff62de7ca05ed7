"""The database's time, which all processes share."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from adapters.system import SystemClock
from application.shared.ports import Clock

_SYSTEM_CLOCK = SystemClock()
_COUNTER = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""This machine's clock. It measures how long ago the database's time was read.

CLOCK_BOOTTIME exists only on Linux. On other systems CLOCK_MONOTONIC is used, which may stop while the machine is
suspended.
"""
REFRESH_AFTER = 10.0
"""The number of seconds after which the database's time is read again.

In this period, the clocks of two machines drift apart by less than a millisecond.
"""


def _seconds() -> float:
    """Return the machine's uptime in seconds, including suspended time.

    Setting the system clock does not change the result.
    """
    return time.clock_gettime(_COUNTER)


class DatabaseClock(Clock):
    """The database server's time, extrapolated with this machine's uptime counter.

    Until the first connection, the clock returns the system time. Afterwards, all processes agree on leases, due
    times and expiry, even if their system clocks differ.
    """

    def __init__(self, *, system: Clock = _SYSTEM_CLOCK, seconds: Callable[[], float] = _seconds) -> None:
        self._system = system
        self._seconds = seconds
        self._read: tuple[datetime, float] | None = None
        self._next_reading = -inf

    def now(self) -> datetime:
        if self._read is None:
            return self._system.now()
        time_read, at = self._read
        return time_read + timedelta(seconds=self._seconds() - at)

    def claim_reading(self) -> bool:
        """Return whether the caller has to read the time.

        Before the first reading, the result is True for every caller. Afterwards, the result is True for at most one
        caller per `REFRESH_AFTER`.
        """
        if self._read is not None and self._seconds() < self._next_reading:
            return False
        self._next_reading = self._seconds() + REFRESH_AFTER
        return True

    async def read(self, connection: asyncpg.Connection) -> None:
        """Read the server's time.

        The server is assumed to have read its clock at the midpoint between request and response.
        """
        # Without a transaction, a pooler could send the two messages of a statement to different servers.
        async with connection.transaction():
            sent = self._seconds()
            time_read = await connection.fetchval("SELECT clock_timestamp()")
            received = self._seconds()
        self._read = time_read, (sent + received) / 2


def keep_time(engine: AsyncEngine, clock: DatabaseClock) -> None:
    """Read the time when a connection is checked out, at most once per `REFRESH_AFTER`.

    Transactions therefore need no statement to read the time.
    """

    def read_time(
        connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        if clock.claim_reading():
            try:
                connection.run_async(clock.read)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise DisconnectionError from error

    event.listen(engine.sync_engine, "checkout", read_time)
