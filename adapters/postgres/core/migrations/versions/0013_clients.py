"""Service clients and their secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "service_clients",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_service_clients"),
        sa.UniqueConstraint("name", name="uq_service_clients_name"),
    )
    op.create_table(
        "client_secrets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_client_secrets"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["service_clients.id"], name="fk_client_secrets_client_id_service_clients"
        ),
    )
    op.create_index("ix_client_secrets_client_id_id", "client_secrets", ["client_id", "id"])


def downgrade() -> None:
    op.drop_table("client_secrets")
    op.drop_table("service_clients")
