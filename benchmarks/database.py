"""The PostgreSQL of the benchmarks: one server, and a fresh copy of one shop for each run."""

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, make_url

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.pid_file import PidFile

DATA_DIR = Path(".data/benchmarks")
SETTINGS = {"max_connections": "200"}
"""The settings of the embedded server.

Commits are as durable as in production. More connections than in production are permitted, because each copy of the
shop has connections of its own.
"""
PREFIX = "bench_"
DROP_TRIES = 100


@contextmanager
def server() -> Iterator["Server"]:
    """Start the server, drop the databases of earlier benchmark runs, and yield the server."""
    with EmbeddedPostgres(DATA_DIR, SETTINGS).lease() as url:
        pid_file = PidFile.read(Layout(DATA_DIR).cluster)
        if pid_file is None:
            raise RuntimeError("The PostgreSQL server of the benchmarks has ended.")
        found = Server(make_url(url), pid_file.pid)
        for row in found.query("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", PREFIX):
            found.drop(str(row["datname"]))
        yield found


class Server:
    """A PostgreSQL server. `pid` is the process id of the postmaster."""

    def __init__(self, url: URL, pid: int) -> None:
        self.url = url
        self.pid = pid

    def create(self, *, template: str = "template0") -> str:
        """Create a database and return its name. The template must have no connections."""
        name = f"{PREFIX}{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Drop a database. Open connections to this database are closed."""
        for _ in range(DROP_TRIES):
            # While autovacuum runs in the database, DROP DATABASE fails if the role may not end autovacuum.
            with suppress(asyncpg.InsufficientPrivilegeError):
                self.execute(f"DROP DATABASE {name} WITH (FORCE)")
                return
            time.sleep(0.2)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """Yield the name of a copy of the database for one run.

        ANALYZE and CHECKPOINT are executed first, so that all runs start in the same state.
        """
        name = self.create(template=template)
        try:
            self.execute("VACUUM ANALYZE", database=name)
            # The role may lack the permission for CHECKPOINT.
            with suppress(asyncpg.InsufficientPrivilegeError):
                self.execute("CHECKPOINT", database=name)
            yield name
        finally:
            self.drop(name)

    def url_of(self, database: str) -> str:
        """Return the URL for the service: `postgresql+asyncpg://`."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    def environment_of(self, database: str) -> dict[str, str]:
        """Return the connection variables of libpq, which pgx and most other drivers read."""
        host = self.url.query.get("host", self.url.host)
        return {
            "PGHOST": str(host),
            "PGPORT": str(self.url.query.get("port", self.url.port)),
            "PGUSER": str(self.url.username),
            "PGPASSWORD": str(self.url.password),
            "PGDATABASE": database,
        }

    def query(
        self, statement: str, *parameters: object, database: str | None = None
    ) -> Sequence[asyncpg.Record]:
        return asyncio.run(self._fetch(statement, parameters, database))

    def execute(self, statement: str, *, database: str | None = None) -> None:
        asyncio.run(self._execute(statement, database))

    async def connect(self, database: str | None = None) -> asyncpg.Connection:
        url = self.url if database is None else self.url.set(database=database)
        return await asyncpg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False), timeout=10
        )

    async def _fetch(
        self, statement: str, parameters: Sequence[object], database: str | None
    ) -> Sequence[asyncpg.Record]:
        connection = await self.connect(database)
        try:
            rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *parameters)
            return rows
        finally:
            await connection.close()

    async def _execute(self, statement: str, database: str | None) -> None:
        connection: Any = await self.connect(database)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
