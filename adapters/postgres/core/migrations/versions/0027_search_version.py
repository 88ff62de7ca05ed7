"""The product version from which the search words of a product were computed.

The words that the previous release stored follow its rules. They are computed again in the background, in batches, and
again when a process of that release changes the product: it does not write this column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column(
        "products", sa.Column("search_version", sa.BigInteger, server_default=sa.text("0"), nullable=False)
    )
    op.create_index(
        "ix_products_search_outdated",
        "products",
        ["id"],
        postgresql_where=sa.text("search_version <> version"),
    )


def downgrade() -> None:
    op.drop_index("ix_products_search_outdated", "products")
    op.drop_column("products", "search_version")
