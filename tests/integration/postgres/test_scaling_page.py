"""The page about scaling lists every unique index, because partitions or shards must preserve the uniqueness."""

import re
from pathlib import Path

import asyncpg

PAGE = Path(__file__).parents[3] / "docs" / "scaling.md"
ROW = re.compile(r"^\| ((?:`(?:pk|uq)_[a-z_]+`(?:, )?)+) \| `([^`]+)` \|", re.MULTILINE)
NAME = re.compile(r"`([a-z_]+)`")
UNIQUE = """
    SELECT i.relname::text, (
        SELECT string_agg(replace(pg_get_indexdef(i.oid, n, true), '"', ''), ', ' ORDER BY n)
        FROM generate_series(1, x.indnkeyatts) AS n
    )
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace AND t.relname <> 'alembic_version'
"""


async def test_scaling_page_lists_every_unique_index_with_its_columns(psql: asyncpg.Connection) -> None:
    listed = {
        name: columns for names, columns in ROW.findall(PAGE.read_text()) for name in NAME.findall(names)
    }
    assert listed == dict(await psql.fetch(UNIQUE))


async def test_no_table_is_partitioned(psql: asyncpg.Connection) -> None:
    """If a table were partitioned, its unique indexes would permit equal values in different partitions."""
    assert await psql.fetch("SELECT partrelid::regclass FROM pg_partitioned_table") == []
