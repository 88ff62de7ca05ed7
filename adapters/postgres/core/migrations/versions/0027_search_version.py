"""The product version from which the search words of a product were computed.

The previous release computes words by its own rules, and does not write this column. This release recomputes
such words in the background, in batches, also after a later change by the previous release.
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
