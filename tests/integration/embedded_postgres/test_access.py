from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil  # type: ignore[import-untyped]  # two calls do not justify a stub package
import pytest

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.embedded_postgres.layout import Layout
from tests.integration.embedded_postgres.actors import (
    await_nothing_running,
    embedded,
    keep_a_row,
    postmaster,
    rows,
)
from tests.servers.databases import connected


async def test_embedded_server_opens_no_network_socket(data_dir: Path) -> None:
    with embedded(data_dir).lease() as url:
        async with connected(url) as connection:
            server = psutil.Process(postmaster(data_dir))
            family = [server, *server.children(recursive=True)]

            assert await connection.fetchval("SHOW listen_addresses") == ""
            assert [process.net_connections(kind="inet") for process in family] == [[]] * len(family)


async def test_socket_and_password_file_are_readable_only_by_the_owner(data_dir: Path) -> None:
    layout = Layout(data_dir)
    with embedded(data_dir).lease():
        assert layout.socket.stat().st_mode & 0o777 == 0o700
        assert layout.cluster.stat().st_mode & 0o777 == 0o700
        assert layout.password.stat().st_mode & 0o777 == 0o600


async def test_connection_requires_the_database_role_and_the_password(data_dir: Path) -> None:
    with embedded(data_dir).lease():
        host = quote(str(Layout(data_dir).socket), safe="")

        for other in ("steelyard:", "steelyard:another", "postgres:", "postgres:another"):
            with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
                async with connected(f"postgresql://{other}@/steelyard?host={host}"):
                    pass


async def test_database_role_that_is_not_a_superuser_can_create_trigram_indexes(data_dir: Path) -> None:
    with embedded(data_dir).lease() as url:
        async with connected(url) as connection:
            assert await connection.fetchval("SHOW is_superuser") == "off"
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            assert await connection.fetchval("SELECT similarity('Éclair', 'éclaire') > 0.5")


async def test_embedded_server_has_settings_that_flush_each_commit_to_disk(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir).lease() as url:
        async with connected(url) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
                assert await connection.fetchval(f"SHOW {setting}") == "on"


async def test_embedded_server_log_omits_the_password_and_row_values(data_dir: Path) -> None:
    with embedded(data_dir).lease() as url:
        async with connected(url) as connection:
            await connection.execute("CREATE TEMPORARY TABLE people (email text UNIQUE)")
            await connection.execute("INSERT INTO people VALUES ('canary@example.com')")
            with pytest.raises(asyncpg.UniqueViolationError):
                await connection.execute("INSERT INTO people VALUES ('canary@example.com')")

    log = Layout(data_dir).log.read_text()
    assert "ready to accept connections" in log
    assert "canary" not in log
    assert Layout(data_dir).password.read_text() not in log


@pytest.mark.parametrize("name", ["long/" * 20, "Jörg's shop, new", 'with "quotes" and: colons%20'])
async def test_data_directory_path_can_contain_any_characters(new_data_dir: Path, name: str) -> None:
    data_dir = new_data_dir / name
    with embedded(data_dir).lease() as url:
        kept = await keep_a_row(url)
        assert await rows(url) == kept
        elsewhere = Layout(data_dir).socket.readlink()
        assert elsewhere.stat().st_mode & 0o777 == 0o700

    await_nothing_running(data_dir)
    assert not elsewhere.exists()
