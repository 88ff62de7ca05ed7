"""Databases on a test server: one per test, copied from a template."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from uuid import uuid4

import asyncpg
from sqlalchemy import make_url

# Use the collation of the embedded server, regardless of the test server's default.
LOCALE = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
FIRST_WITH_BUILTIN_LOCALES = 17
COMMAND_SECONDS = 300


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to the database that an SQLAlchemy URL names."""
    connection = await asyncpg.connect(
        url.replace("postgresql+asyncpg://", "postgresql://", 1), command_timeout=COMMAND_SECONDS
    )
    try:
        yield connection
    finally:
        await connection.close()


async def create_empty(server_url: str) -> str:
    """Create an empty database. Return the URL of the database."""
    async with connected(server_url) as connection:
        builtin = connection.get_server_version().major >= FIRST_WITH_BUILTIN_LOCALES
    return await _create(server_url, f"TEMPLATE template0 {LOCALE if builtin else ''}")


async def create_copy(server_url: str, template_url: str) -> str:
    """Copy a database that has no connections, and return the copy's URL."""
    return await _create(server_url, f"TEMPLATE {make_url(template_url).database}")


async def delete_rows(connection: asyncpg.Connection) -> None:
    """Delete all rows except the rows of `schema_revisions`.

    Most tests write few rows. For few rows, DELETE is faster than TRUNCATE, because TRUNCATE creates new files.
    """
    await connection.execute(_statements_to_delete_rows())


@cache
def _statements_to_delete_rows() -> str:
    from adapters.postgres.core.rows import Row  # noqa: PLC0415 - imported here, because most tests do not need SQLAlchemy

    tables = [
        table.name for table in reversed(Row.metadata.sorted_tables) if table.name != "schema_revisions"
    ]
    # The trigger of the audit log permits deletions only with this setting.
    settings = ["SET LOCAL lock_timeout = '20s'", "SET LOCAL steelyard.prunes_audit_log = 'on'"]
    return "; ".join([*settings, *(f"DELETE FROM {name}" for name in tables)])  # noqa: S608 - the only names are those of the service's tables


async def drop(server_url: str, url: str) -> None:
    """Drop a database. End the connections that a test has left open."""
    await _execute(server_url, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


async def _create(server_url: str, options: str) -> str:
    name = f"test_{uuid4().hex}"
    await _execute(server_url, f"CREATE DATABASE {name} {options}")
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def _execute(server_url: str, statement: str) -> None:
    async with connected(server_url) as connection:
        await connection.execute(statement)
