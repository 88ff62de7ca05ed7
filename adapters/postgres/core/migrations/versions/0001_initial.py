"""Tables of users, catalog, stock, orders, idempotency records and the outbox.

Lists of values and bounds are literals, because a migration must not change with the code.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import UserDefinedType

from adapters.postgres.core.schema import JsonText

revision = "0001"
down_revision = None


class _TransactionId(UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "XID8"


_MONEY = "{} BETWEEN -9007199254740991 AND 9007199254740991"
_CURRENCY = "{} ~ '^[A-Z]{{3}}$'"
_ORDER_STATUSES = "('pending_payment', 'confirmed', 'fulfilled', 'cancelled', 'expired')"


def upgrade() -> None:
    _create_users()
    _create_catalog()
    _create_orders()
    _create_reliability()
    _create_secrets()


def downgrade() -> None:
    for table in (
        "service_secrets",
        "signing_keys",
        "idempotency_keys",
        "outbox",
        "order_history",
        "order_lines",
        "orders",
        "products",
        "stock_movements",
        "stocks",
        "users",
    ):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _bigint(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(name))


def _create_users() -> None:
    op.create_table(
        "users",
        _uuid("id"),
        _text("email"),
        _text("full_name", nullable=True),
        _text("role"),
        _text("status"),
        sa.Column("email_verified", sa.Boolean, nullable=False),
        _text("password_hash"),
        _time("created_at"),
        _time("updated_at"),
        _bigint("version"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        _check("ck_users_role", "role IN ('customer', 'staff', 'admin')"),
        _check("ck_users_status", "status IN ('active', 'disabled', 'closed')"),
    )


def _create_catalog() -> None:
    op.create_table(
        "stocks",
        _uuid("product_id"),
        _bigint("on_hand"),
        _bigint("reserved"),
        _bigint("version"),
        sa.PrimaryKeyConstraint("product_id", name="pk_stocks"),
        _check("ck_stocks_reserved_within_on_hand", "reserved >= 0 AND reserved <= on_hand"),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "stock_movements",
        _uuid("product_id"),
        _bigint("version"),
        _bigint("on_hand_delta"),
        _bigint("reserved_delta"),
        _bigint("on_hand"),
        _bigint("reserved"),
        _text("reason"),
        _text("note", nullable=True),
        _uuid("order_id", nullable=True),
        _uuid("actor_id", nullable=True),
        _text("request_id"),
        _time("occurred_at"),
        sa.PrimaryKeyConstraint("product_id", "version", name="pk_stock_movements"),
        _check(
            "ck_stock_movements_reason",
            "reason IN"
            " ('receipt', 'damage', 'correction', 'return', 'initial', 'count', 'reserved', 'released')",
        ),
    )
    op.create_table(
        "products",
        _uuid("id"),
        _text("sku"),
        _text("name"),
        _text("description"),
        _bigint("price_amount"),
        _text("price_currency"),
        sa.Column("attributes", sa.JSON, nullable=False),
        _bigint("max_per_order", nullable=True),
        _text("status"),
        _bigint("version"),
        _bigint("stock_version"),
        _time("created_at"),
        _time("updated_at"),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("search_words", TSVECTOR, nullable=False),
        sa.Column("search_typos", sa.ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.ForeignKeyConstraint(["id"], ["stocks.product_id"], name="fk_products_id_stocks"),
        sa.UniqueConstraint("sku", name="uq_products_sku"),
        _check("ck_products_price_amount", _MONEY.format("price_amount")),
        _check("ck_products_price_currency", _CURRENCY.format("price_currency")),
        _check("ck_products_status", "status IN ('active', 'archived')"),
    )
    op.create_index("ix_products_created_at_id", "products", ["created_at", "id"])
    op.create_index("ix_products_sort_name_id", "products", ["sort_name", "id"])
    op.create_index(
        "ix_products_price_currency_price_amount_id",
        "products",
        ["price_currency", "price_amount", "id"],
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_products_search_words", "products", ["search_words"], postgresql_using="gin")
    op.create_index("ix_products_search_typos", "products", ["search_typos"], postgresql_using="gin")


def _create_orders() -> None:
    op.create_table(
        "orders",
        _uuid("id"),
        _text("number"),
        _uuid("customer_id"),
        _text("idempotency_key"),
        _text("status"),
        _text("currency"),
        _bigint("total_amount"),
        _bigint("paid_amount"),
        _bigint("refunded_amount"),
        sa.Column("shipping_address", sa.JSON, nullable=True),
        _text("note", nullable=True),
        sa.Column("metadata", sa.JSON, nullable=False),
        _time("expires_at"),
        _time("placed_at"),
        _time("updated_at"),
        _bigint("version"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.ForeignKeyConstraint(["customer_id"], ["users.id"], name="fk_orders_customer_id_users"),
        sa.UniqueConstraint("number", name="uq_orders_number"),
        sa.UniqueConstraint("customer_id", "idempotency_key", name="uq_orders_customer_id_idempotency_key"),
        _check("ck_orders_status", f"status IN {_ORDER_STATUSES}"),
        _check("ck_orders_currency", _CURRENCY.format("currency")),
        _check("ck_orders_total_amount", _MONEY.format("total_amount")),
        _check("ck_orders_paid_amount", _MONEY.format("paid_amount")),
        _check("ck_orders_refunded_within_paid", "refunded_amount >= 0 AND refunded_amount <= paid_amount"),
    )
    op.create_index("ix_orders_placed_at_id", "orders", ["placed_at", "id"])
    op.create_index("ix_orders_customer_id_placed_at_id", "orders", ["customer_id", "placed_at", "id"])
    op.create_index("ix_orders_status_placed_at_id", "orders", ["status", "placed_at", "id"])
    op.create_table(
        "order_lines",
        _uuid("order_id"),
        _uuid("id"),
        _bigint("position"),
        _uuid("product_id"),
        _text("sku"),
        _text("name"),
        _bigint("unit_price_amount"),
        _bigint("quantity"),
        _bigint("fulfilled"),
        _bigint("refunded"),
        sa.PrimaryKeyConstraint("order_id", "id", name="pk_order_lines"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_lines_order_id_orders"),
        _check("ck_order_lines_unit_price_amount", _MONEY.format("unit_price_amount")),
        _check("ck_order_lines_quantity", "quantity > 0"),
        _check("ck_order_lines_fulfilled_within_quantity", "fulfilled >= 0 AND fulfilled <= quantity"),
        _check("ck_order_lines_refunded_within_quantity", "refunded >= 0 AND refunded <= quantity"),
    )
    op.create_table(
        "order_history",
        _uuid("order_id"),
        _bigint("version"),
        _text("action"),
        _text("source", nullable=True),
        _text("target"),
        _text("reason", nullable=True),
        _uuid("actor_id", nullable=True),
        _text("request_id"),
        _time("occurred_at"),
        sa.PrimaryKeyConstraint("order_id", "version", name="pk_order_history"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_history_order_id_orders"),
        _check(
            "ck_order_history_action",
            "action IN ('place', 'confirm', 'expire', 'cancel', 'fulfil', 'complete', 'refund', 'revive')",
        ),
        _check("ck_order_history_source", f"source IN {_ORDER_STATUSES}"),
        _check("ck_order_history_target", f"target IN {_ORDER_STATUSES}"),
    )


def _create_reliability() -> None:
    op.create_table(
        "outbox",
        _uuid("id"),
        _text("type"),
        _text("aggregate_type"),
        _uuid("aggregate_id"),
        _bigint("aggregate_version"),
        _time("occurred_at"),
        sa.Column("data", JsonText, nullable=False),
        _bigint("position", nullable=True),
        sa.Column("xid", _TransactionId, server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_table(
        "idempotency_keys",
        _text("principal"),
        _text("operation"),
        _text("key"),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("result", JsonText, nullable=True),
        sa.Column("replays", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_secrets() -> None:
    op.create_table(
        "signing_keys",
        _text("kid"),
        sa.Column("private_pem", sa.LargeBinary, nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_keys"),
    )
    op.create_table(
        "service_secrets",
        _text("name"),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_service_secrets"),
    )
