"""B-tree indexes by time on events and stock movements instead of BRIN indexes.

A BRIN index finds ranges of pages. Pages that pruning has emptied stay in their range, and new rows on these
pages extend it. Therefore each batch of pruning had to read a growing part of the table.
"""

from alembic import op

revision = "0051"
down_revision = "0050"
min_compatible_release = 2

_TABLES = ("outbox", "stock_movements")


def upgrade() -> None:
    # Building an index takes a while on a large table. A failed attempt leaves an unusable one.
    with op.get_context().autocommit_block():
        for table in _TABLES:
            name = f"ix_{table}_occurred_at"
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, ["occurred_at"], postgresql_concurrently=True)


def downgrade() -> None:
    for table in _TABLES:
        name = f"ix_{table}_occurred_at"
        op.drop_index(name, table)
        op.create_index(name, table, ["occurred_at"], postgresql_using="brin")
