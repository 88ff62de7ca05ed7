"""Databases on a test server: one per test, copied from a template."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
from sqlalchemy import make_url

# The collation of the embedded server, regardless of this server's default.
LOCALE = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
FIRST_WITH_BUILTIN_LOCALES = 17
COMMAND_SECONDS = 300


_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relname NOT IN ('alembic_version', 'schema_revisions')
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to the database of an SQLAlchemy URL."""
    connection = await asyncpg.connect(
        url.replace("postgresql+asyncpg://", "postgresql://", 1), command_timeout=COMMAND_SECONDS
    )
    try:
        yield connection
    finally:
        await connection.close()


async def create_empty(server_url: str) -> str:
    """Create a database and return its URL."""
    async with connected(server_url) as connection:
        builtin = connection.get_server_version().major >= FIRST_WITH_BUILTIN_LOCALES
    return await _create(server_url, f"TEMPLATE template0 {LOCALE if builtin else ''}")


async def create_copy(server_url: str, template_url: str) -> str:
    """Copy a database that has no connections, and return the copy's URL."""
    return await _create(server_url, f"TEMPLATE {make_url(template_url).database}")


async def empty(url: str) -> None:
    """Delete all rows of a database except its schema revision."""
    async with connected(url) as connection:
        tables = [name for (name,) in await connection.fetch(_TABLES)]
        filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)  # noqa: S608 - the names of the service's tables
        names = [name for (name,) in await connection.fetch(filled)]
        if not names:
            return
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '20s'")
            # A trigger protects the audit log.
            for name in names:
                await connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            await connection.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
            for name in names:
                await connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


async def drop(server_url: str, url: str) -> None:
    """Drop a database and end connections that a test left open."""
    await _execute(server_url, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


async def _create(server_url: str, options: str) -> str:
    name = f"test_{uuid4().hex}"
    await _execute(server_url, f"CREATE DATABASE {name} {options}")
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def _execute(server_url: str, statement: str) -> None:
    async with connected(server_url) as connection:
        await connection.execute(statement)
