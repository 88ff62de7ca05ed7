"""While an embedded server is stopped, a copy of its data directory is a valid backup."""

import asyncio

from adapters.embedded_postgres import EmbeddedPostgres
from tests.kit.children import run
from tests.servers.databases import connected
from tests.servers.embedded import data_directory
from tests.servers.forgetful import FORGETFUL


async def test_copy_of_a_data_directory_contains_the_committed_rows() -> None:
    with data_directory() as original, data_directory() as copy:
        with EmbeddedPostgres(original, FORGETFUL).lease() as url:
            async with connected(url) as psql:
                await psql.execute("CREATE TABLE saved AS SELECT 'a row' AS value")
        # The lock is released when the last process of the server has ended.
        lock = original / "postgresql" / "server.lock"
        await asyncio.to_thread(run, ["flock", lock, "cp", "-a", original / "postgresql", copy])

        with EmbeddedPostgres(copy, FORGETFUL).lease() as url:
            async with connected(url) as psql:
                assert await psql.fetchval("SELECT value FROM saved") == "a row"
