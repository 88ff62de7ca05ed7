"""A process runs on every schema that has the required revision and that permits the release of the process."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core import migrations
from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.health import PostgresHealth
from adapters.postgres.core.schema_revision import RELEASE, known_revisions, needed_revision
from application.health.ports import ReleaseOutdated, SchemaOutdated
from tests.kit.shop import Shop
from tests.servers.databases import connected
from tests.servers.newer_schema import migrate_to_newer_schema


async def test_health_check_succeeds_with_the_current_schema(engine: AsyncEngine) -> None:
    await PostgresHealth(engine).check()


async def test_newer_schema_that_is_compatible_with_the_release_is_accepted_unchanged(
    engine: AsyncEngine, database_url: str, psql: asyncpg.Connection
) -> None:
    await migrate_to_newer_schema(database_url, min_compatible_release=RELEASE)
    await PostgresHealth(engine).check()
    await asyncio.to_thread(migrations.upgrade, database_url)
    assert await psql.fetchval("SELECT version_num FROM alembic_version") == "9001"


async def test_newer_schema_that_is_incompatible_with_the_release_is_rejected(
    engine: AsyncEngine, database_url: str
) -> None:
    await migrate_to_newer_schema(database_url, min_compatible_release=RELEASE + 2)
    with pytest.raises(ReleaseOutdated, match=f"revision 9001, which needs release {RELEASE + 2} or newer"):
        await PostgresHealth(engine).check()
    with pytest.raises(ReleaseOutdated):
        await asyncio.to_thread(migrations.upgrade, database_url)


async def test_unknown_schema_revision_is_rejected_if_no_release_is_recorded_for_it(
    engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    await psql.execute("DELETE FROM schema_revisions; UPDATE alembic_version SET version_num = 'foreign'")
    with pytest.raises(ReleaseOutdated):
        await PostgresHealth(engine).check()


async def test_schema_of_a_former_release_is_outdated(empty_database_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    await asyncio.to_thread(migrations.downgrade, empty_database_url, "0014")
    engine = create_engine(empty_database_url)
    with pytest.raises(
        SchemaOutdated, match=f"has schema revision 0014, .* needs revision {needed_revision()}"
    ):
        await PostgresHealth(engine).check()
    await engine.dispose()


async def test_database_without_schema_is_outdated(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    with pytest.raises(SchemaOutdated, match="has no schema"):
        await PostgresHealth(engine).check()
    await engine.dispose()


async def test_each_applied_migration_records_its_oldest_compatible_release(empty_database_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    async with connected(empty_database_url) as connection:
        recorded = dict(
            await connection.fetch("SELECT revision, min_compatible_release FROM schema_revisions")
        )
        assert recorded.keys() == {revision for revision in known_revisions() if revision >= "0026"}
        assert all(2 <= release <= RELEASE for release in recorded.values())
        await asyncio.to_thread(migrations.downgrade, empty_database_url, "0026")
        assert await connection.fetch("SELECT * FROM schema_revisions") == [("0026", 2)]


@pytest.mark.parametrize(("to", "reason"), [("9000", "There is no revision 9000"), ("0014", "does not know")])
async def test_downgrade_is_rejected_if_the_start_or_target_revision_is_unknown(
    database_url: str, to: str, reason: str
) -> None:
    if to == "0014":
        await migrate_to_newer_schema(database_url, min_compatible_release=RELEASE)
    with pytest.raises(migrations.UnknownRevision, match=reason):
        await asyncio.to_thread(migrations.downgrade, database_url, to)


async def test_mail_request_of_an_unknown_kind_is_skipped(shop: Shop, psql: asyncpg.Connection) -> None:
    await psql.execute(
        "INSERT INTO mail_notices (kind, address, subject_id, requested_at, due_at, attempts) "
        "VALUES ('newer', 'ann@example.com', gen_random_uuid(), now(), now(), 0)"
    )
    async with shop.store.unit_of_work() as work:
        assert await work.mail.next_due(datetime.now(UTC) + timedelta(days=1)) is None
