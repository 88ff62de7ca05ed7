import asyncio

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from adapters.postgres.core import migrations
from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.rows import Row
from adapters.postgres.core.schema_revision import needed_revision
from tests.integration.postgres.catalogs import schema_of
from tests.servers.databases import connected


async def _schema(url: str) -> set[str]:
    async with connected(url) as connection:
        return await schema_of(connection)


async def test_downgrade_and_upgrade_restore_the_original_schema(empty_database_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    first = await _schema(empty_database_url)
    await asyncio.to_thread(migrations.downgrade, empty_database_url, "base")
    assert await _schema(empty_database_url) == set()
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    assert await _schema(empty_database_url) == first


async def test_migrations_create_exactly_the_mapped_tables(
    database_url: str, empty_database_url: str
) -> None:
    engine = create_engine(empty_database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Row.metadata.create_all)
    await engine.dispose()
    migrated, declared = await _schema(database_url), await _schema(empty_database_url)
    assert migrated - declared == set()
    assert declared - migrated == set()


async def test_concurrent_processes_run_each_migration_only_once(empty_database_url: str) -> None:
    starts = (asyncio.to_thread(migrations.upgrade, empty_database_url) for _ in range(4))
    await asyncio.gather(*starts)
    async with connected(empty_database_url) as connection:
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == needed_revision()


async def test_migration_of_a_locked_table_times_out_and_can_be_repeated(
    database_url: str, psql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "50ms")
    before = await schema_of(psql)
    async with psql.transaction():
        await psql.execute("LOCK TABLE users IN ACCESS SHARE MODE")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await asyncio.to_thread(migrations.downgrade, database_url, "base")
    stopped_at = (await asyncio.to_thread(migrations.state, database_url)).revision
    assert stopped_at is not None
    assert stopped_at < needed_revision()
    await asyncio.to_thread(migrations.upgrade, database_url)
    assert await schema_of(psql) == before


@pytest.mark.parametrize("former", ["0043", "0047", "0049"])
async def test_migration_that_failed_to_build_an_index_can_be_repeated(
    database_url: str, psql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, former: str
) -> None:
    """The failed run has committed the changes that precede the index. The second run finds these changes."""
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "50ms")
    before = await schema_of(psql)
    await asyncio.to_thread(migrations.downgrade, database_url, former)
    async with psql.transaction(isolation="repeatable_read"):
        await psql.execute("SELECT 1")  # CREATE INDEX CONCURRENTLY waits for this snapshot.
        with pytest.raises(DBAPIError, match="lock timeout"):
            await asyncio.to_thread(migrations.upgrade, database_url)
    assert (await asyncio.to_thread(migrations.state, database_url)).revision == former
    await asyncio.to_thread(migrations.upgrade, database_url)
    assert await schema_of(psql) == before


async def test_migration_of_several_tables_does_not_deadlock_with_transactions(
    database_url: str, psql: asyncpg.Connection
) -> None:
    await asyncio.to_thread(migrations.downgrade, database_url, "0031")
    async with psql.transaction():
        await psql.execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE")
        migration = asyncio.create_task(asyncio.to_thread(migrations.upgrade, database_url))
        while not await psql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - must poll, because PostgreSQL does not announce waits
            await asyncio.sleep(0.01)
        await psql.execute("SET LOCAL lock_timeout = '4s'")
        await psql.execute("LOCK TABLE order_lines, order_history, stocks IN ROW EXCLUSIVE MODE")
    await migration


async def test_each_migration_runs_in_a_separate_transaction(
    database_url: str, psql: asyncpg.Connection
) -> None:
    """Each transaction releases its locks at the end. In one transaction, the locks of the first migration would
    block the running service until all migrations have ended.
    """
    await asyncio.to_thread(migrations.downgrade, database_url, "0027")
    begun = set()
    await psql.execute(
        """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN PERFORM pg_notify('migrated', pg_current_xact_id()::text); RETURN NULL; END $$"""
    )
    await psql.execute("CREATE TRIGGER note AFTER UPDATE ON alembic_version EXECUTE FUNCTION note()")
    await psql.add_listener("migrated", lambda *note: begun.add(note[3]))
    await asyncio.to_thread(migrations.upgrade, database_url)
    await psql.execute("SELECT 1")
    assert len(begun) == int(needed_revision()) - 27


async def test_migration_succeeds_if_an_order_has_several_payments_without_a_result(
    empty_database_url: str,
) -> None:
    """Earlier releases permitted several payments without a result. The migration marks all except the first."""
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    await asyncio.to_thread(migrations.downgrade, empty_database_url, "0014")
    async with connected(empty_database_url) as connection:
        await connection.execute("ALTER TABLE payments DROP CONSTRAINT fk_payments_order_id_orders")
        for number in range(3):
            await connection.execute(
                """INSERT INTO payments (id, order_id, method, status, currency, amount, captured, returned,
                                         requested_at, inquiries)
                   VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'sandbox', 'pending', 'EUR',
                           100, 0, 0, now() + $1 * interval '1 second', 0)""",
                number,
            )
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    async with connected(empty_database_url) as connection:
        marked = await connection.fetch("SELECT predates_sole_payment FROM payments ORDER BY requested_at")
    assert [mark for (mark,) in marked] == [False, True, True]


async def test_migration_converts_email_domains_to_ascii_and_keeps_conflicting_addresses(
    empty_database_url: str,
) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    await asyncio.to_thread(migrations.downgrade, empty_database_url, "0017")
    stored = [
        "boss@münchen.de",
        "ann@xn--mnchen-3ya.de",
        "ann@münchen.de",
        "jörg@example.com",
        "not an address é",
    ]
    async with connected(empty_database_url) as connection:
        for email in stored:
            await connection.execute(
                "INSERT INTO users (id, email, role, status, email_verified, password_hash, password_changed_at, "
                "created_at, updated_at, version) "
                "VALUES (gen_random_uuid(), $1, 'admin', 'active', true, '', now(), now(), now(), 1)",
                email,
            )
        await asyncio.to_thread(migrations.upgrade, empty_database_url)
        emails = {row["email"] for row in await connection.fetch("SELECT email FROM users")}
    assert emails == {"boss@xn--mnchen-3ya.de", *stored[1:]}


async def test_migration_reports_rows_that_break_a_text_rule(
    empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    await asyncio.to_thread(migrations.downgrade, empty_database_url, "0020")
    emails = ["=?utf-8?q?a?=@example.com", "boss <b@example.com>", "a..b@example.com", "fine+tag@example.com"]
    async with connected(empty_database_url) as connection:
        for email in emails:
            await connection.execute(
                "INSERT INTO users (id, email, full_name, role, status, email_verified, password_hash, "
                "password_changed_at, created_at, updated_at, version) VALUES (gen_random_uuid(), $1, "
                "CASE WHEN $1 LIKE 'fine%' THEN repeat('x', 201) END, "
                "'customer', 'active', true, '', now(), now(), now(), 1)",
                email,
            )
    caplog.clear()
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    reported = [record.getMessage().partition(";")[0] for record in caplog.records]
    assert [line for line in reported if "rule of" in line] == [
        "1 rows of users break the rule of full_name",
        "3 rows of users break the rule of email",
    ]
    assert not any(email in caplog.text for email in emails)


async def test_new_database_has_no_accounts_and_clients(psql: asyncpg.Connection) -> None:
    for table in ("users", "service_clients", "client_secrets"):
        assert await psql.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608 - the names are constants above
