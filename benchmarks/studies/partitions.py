"""Compare idempotency records in a plain table and in a table partitioned by the hash of the idempotency key."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from uuid import uuid4

import asyncpg

from benchmarks.database import Server
from benchmarks.rows import made_id

PARTITIONS = 16
FILLED_AT_ONCE = 500_000
CUSTOMERS = 100_000
RESULT = '"' + "x" * 500 + '"'
BATCH = 32
TURNS = 1500
PRUNED = 1000
_TABLES = {"one table": "plain", f"{PARTITIONS} partitions": "hashed"}
_PARTITIONED = {"plain": "", "hashed": "PARTITION BY HASH (key)"}

_COLUMNS = """(
    principal text NOT NULL, operation text NOT NULL, key text NOT NULL, fingerprint bytea NOT NULL,
    result json, replays bigint DEFAULT 0 NOT NULL, created_at timestamptz DEFAULT now() NOT NULL
)"""
_FILL = """
    INSERT INTO {table} (principal, operation, key, fingerprint, result, created_at)
    SELECT '000000c0-0000-7000-8000-' || lpad(to_hex(n * 7919 % $4), 12, '0'), 'place_order',
           md5(n::text) || '-' || n % 1000, decode(repeat('ab', 32), 'hex'), $5::text::json,
           now() - interval '3 days' + interval '3 days' * n / $3
    FROM generate_series($1::bigint, $2::bigint) AS n
"""
_CLAIM = """
    INSERT INTO {table} AS stored (principal, operation, key, fingerprint)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) ORDER BY 1, 2, 3
    ON CONFLICT (principal, operation, key) DO UPDATE SET replays = stored.replays + 1
    RETURNING principal, operation, key, fingerprint, result::text
"""
_STORE = """
    UPDATE {table} AS stored SET fingerprint = given.fingerprint, result = $5::text::json
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS given (principal, operation, key, fingerprint)
    WHERE stored.principal = given.principal AND stored.operation = given.operation AND stored.key = given.key
"""
_PRUNE = """
    DELETE FROM {table} WHERE (principal, operation, key) IN (
        SELECT principal, operation, key FROM {table} WHERE created_at < $1
        ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
"""
_LOG = "SELECT pg_current_wal_insert_lsn() - '0/0'"
_INDEX_SIZE = """
    SELECT sum(pg_relation_size(indexrelid)) FROM pg_index
    WHERE indrelid = $1::regclass OR indrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass)
"""


@dataclass(slots=True)
class Cost:
    """The durations of a step, and the bytes that the step wrote to the write-ahead log."""

    milliseconds: list[float] = field(default_factory=list)
    log: int = 0

    def __str__(self) -> str:
        return f"p50 {median(self.milliseconds):10.2f} ms, {self.log / len(self.milliseconds) / 1024:10.1f} KiB of log"


async def measure(server: Server, records: int) -> Mapping[str, Cost | str]:
    """Return the cost of each step, by the title of the step. The steps alternate between the two tables."""
    name = await asyncio.to_thread(server.create)
    connection = await server.connect(name)
    try:
        sizes = {f"indexes, {title}": await _fill(connection, _TABLES[title], records) for title in _TABLES}
        return sizes | await _steps(connection, records)
    finally:
        await connection.close()
        await asyncio.to_thread(server.drop, name)


async def _fill(connection: asyncpg.Connection, table: str, records: int) -> str:
    """Insert records of three days into a new table, and return the total size of the table's indexes."""
    await connection.execute(f"CREATE TABLE {table} {_COLUMNS} {_PARTITIONED[table]}")
    if _PARTITIONED[table]:
        for part in range(PARTITIONS):
            await connection.execute(
                f"CREATE TABLE {table}_{part} PARTITION OF {table}"
                f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            )
    for first in range(0, records, FILLED_AT_ONCE):
        last = min(first + FILLED_AT_ONCE, records) - 1
        await connection.execute(_FILL.format(table=table), first, last, records, CUSTOMERS, RESULT)
    await connection.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (principal, operation, key)")
    await connection.execute(f"CREATE INDEX ON {table} (created_at)")
    await connection.execute(f"VACUUM ANALYZE {table}")
    return f"{await connection.fetchval(_INDEX_SIZE, table) / 2**20:,.0f} MiB"


async def _steps(connection: asyncpg.Connection, records: int) -> dict[str, Cost | str]:
    costs: dict[str, Cost | str] = {}

    async def take_turns(step: str, times: int, run: Callable[[str], Awaitable[object]]) -> None:
        measured = {title: Cost() for title in _TABLES}
        for turn in range(times):
            for title in list(_TABLES)[:: 1 if turn % 2 else -1]:
                log = await connection.fetchval(_LOG)
                began = perf_counter()
                await run(_TABLES[title])
                measured[title].milliseconds.append((perf_counter() - began) * 1000)
                measured[title].log += await connection.fetchval(_LOG) - log
        costs.update({f"{step}, {title}": cost for title, cost in measured.items()})

    async def store(table: str, count: int) -> None:
        callers = [str(made_id("customer", random.randrange(CUSTOMERS))) for _ in range(count)]  # noqa: S311 - the random numbers only choose a sample
        scopes = (
            callers,
            ["place_order"] * count,
            [str(uuid4()) for _ in range(count)],
            [b"fingerprint"] * count,
        )
        async with connection.transaction():
            await connection.fetch(_CLAIM.format(table=table), *scopes)
            await connection.execute(_STORE.format(table=table), *scopes, RESULT)

    await take_turns(f"store {BATCH} records", TURNS, lambda table: store(table, BATCH))
    await take_turns("store one record", TURNS, lambda table: store(table, 1))
    old = await connection.fetchval("SELECT now() - interval '2 days'")
    await take_turns(
        f"prune {PRUNED} records",
        min(TURNS, records // PRUNED // 4),
        lambda table: connection.execute(_PRUNE.format(table=table), old, PRUNED),
    )
    await take_turns("vacuum", 1, lambda table: connection.execute(f"VACUUM {table}"))
    return costs
