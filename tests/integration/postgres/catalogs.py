"""Queries on PostgreSQL's system catalogs."""

import asyncpg

_RELATIONS = """
SELECT c.relkind::text || ' ' || c.relname || ' ' || coalesce(c.reloptions::text, '')
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT concat_ws(' ', c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
                 CASE WHEN a.attnotnull THEN 'not null' END, pg_get_expr(d.adbin, d.adrelid), l.collname)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE c.relnamespace = 'public'::regnamespace
"""


async def schema_of(connection: asyncpg.Connection) -> set[str]:
    """Return all tables, columns, constraints and indexes, except Alembic's table."""
    lines = {row[0] for row in await connection.fetch(_RELATIONS)}
    return {line for line in lines if "alembic_version" not in line}


async def places_of(psql: asyncpg.Connection, *words: str) -> set[str]:
    """Return the columns that contain one of the words. The search ignores case, and includes columns of bytes."""
    texts = [*words, *(form.encode().hex() for word in words for form in (word, word.lower()))]
    columns = await psql.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    found = set()
    for table, column in columns:
        search = f'SELECT bool_or("{column}"::text ILIKE ANY($1)) FROM "{table}"'  # noqa: S608 - the names come from the database schema
        if await psql.fetchval(search, [f"%{text}%" for text in texts]):
            found.add(f"{table}.{column}")
    return found
