"""A database that a newer release has migrated."""

from tests.servers.databases import connected


async def migrate_to_newer_schema(url: str, *, min_compatible_release: int) -> None:
    """Add a column in revision 9001, a migration that the current release does not know."""
    async with connected(url) as connection, connection.transaction():
        await connection.execute("ALTER TABLE orders ADD COLUMN novelty text")
        await connection.execute("INSERT INTO schema_revisions VALUES ('9001', $1)", min_compatible_release)
        await connection.execute("UPDATE alembic_version SET version_num = '9001'")
