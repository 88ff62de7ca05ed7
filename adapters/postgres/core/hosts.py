"""Connect to the host that accepts writes, if the URL has several hosts."""

from typing import Any

import asyncpg
from sqlalchemy import Dialect, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

ACCEPTS_WRITES = "read-write"
STANDBY = "standby"


def connect_to_any_host(engine: AsyncEngine, target_session: str = ACCEPTS_WRITES) -> None:
    """Let the engine try the hosts of its URL one by one, beginning with the last used host.

    asyncpg has one timeout for all hosts. A host that does not answer would use up this timeout, and no
    connection would succeed. Here each host gets an equal share of the timeout.

    `target_session` selects one of several hosts, unless the URL has `target_session_attrs`.

    A connection attempt raises OSError if no host can be used.
    """
    last_used: list[tuple[str, int]] = []

    def connect(
        dialect: Dialect, _record: ConnectionPoolEntry, arguments: tuple[Any, ...], parameters: dict[str, Any]
    ) -> DBAPIConnection | None:
        hosts = _hosts_of(parameters)
        if len(hosts) == 1 and "target_session_attrs" not in parameters:
            return None  # With None, the dialect connects as usual.
        options = {"target_session_attrs": target_session, **parameters}
        options["timeout"] = options.get("timeout", 60) / len(hosts)
        errors: list[Exception] = []
        for host, port in sorted(hosts, key=lambda address: address not in last_used):
            try:
                connection = dialect.connect(*arguments, **{**options, "host": host, "port": port})
            except (OSError, dialect.loaded_dbapi.Error) as error:
                errors.append(error)
            else:
                last_used[:] = [(host, port)]
                return connection
        for found in errors:
            if not isinstance(found, OSError) and not _is_mismatch(found):
                raise found  # The error below would hide the reason, for example a wrong password.
        raise ConnectionError("no host of the database can be used") from errors[-1]

    event.listen(engine.sync_engine, "do_connect", connect)


def _hosts_of(parameters: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the host and port of each server. asyncpg's arguments are single values or lists."""
    host, port = parameters.get("host", ""), parameters.get("port", 5432)
    return list(zip(host, port, strict=True)) if isinstance(host, list) else [(host, port)]


def _is_mismatch(error: Exception) -> bool:
    """Return whether the host answered, but is not a server of the requested kind."""
    return isinstance(error.__cause__, asyncpg.TargetServerAttributeNotMatched)
