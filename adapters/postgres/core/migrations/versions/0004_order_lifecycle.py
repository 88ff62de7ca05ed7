"""Add tables of payments, refunds and fulfillments, and their columns in other tables."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.core.schema import JsonText

revision = "0004"
down_revision = "0003"

_MONEY = "{} BETWEEN -9007199254740991 AND 9007199254740991"
_CURRENCY = "currency ~ '^[A-Z]{3}$'"
_METHODS = "{} IN ('sandbox', 'stripe')"
_OLD_ACTIONS = "('place', 'confirm', 'expire', 'cancel', 'fulfil', 'complete', 'refund', 'revive')"
_ACTIONS = (
    "('place', 'pay', 'confirm', 'fail_payment', 'expire', 'cancel', 'fulfil', 'refund', 'settle_refund',"
    " 'fail_refund', 'revive', 'orphan')"
)
_OLD_REASONS = "('receipt', 'damage', 'correction', 'return', 'initial', 'count', 'reserved', 'released')"
_REASONS = (
    "('receipt', 'damage', 'correction', 'return', 'initial', 'count', 'reserved', 'released', 'shipped')"
)


def upgrade() -> None:
    # The default lets processes of the former release continue to place orders during the migration.
    op.add_column(
        "orders", sa.Column("refunding_amount", sa.BigInteger, server_default=sa.text("0"), nullable=False)
    )
    op.drop_constraint(op.f("ck_orders_refunded_within_paid"), "orders")
    op.create_check_constraint(
        op.f("ck_orders_refunds_within_paid"),
        "orders",
        "refunded_amount >= 0 AND refunding_amount >= 0"
        " AND refunded_amount + refunding_amount <= paid_amount",
    )
    op.create_index(
        "ix_orders_expires_at_id",
        "orders",
        ["expires_at", "id"],
        postgresql_where=sa.text("status = 'pending_payment'"),
    )
    _replace_list("order_history", "action", _ACTIONS)
    _replace_list("stock_movements", "reason", _REASONS)
    _create_fulfillments()
    _create_payments()
    _create_refunds()
    _create_provider_events()


def downgrade() -> None:
    for table in ("provider_events", "refunds", "payments", "fulfillments"):
        op.drop_table(table)
    op.execute("UPDATE stock_movements SET reason = 'correction' WHERE reason = 'shipped'")
    _replace_list("stock_movements", "reason", _OLD_REASONS)
    op.execute(f"DELETE FROM order_history WHERE action NOT IN {_OLD_ACTIONS}")
    _replace_list("order_history", "action", _OLD_ACTIONS)
    op.drop_index("ix_orders_expires_at_id")
    op.drop_constraint(op.f("ck_orders_refunds_within_paid"), "orders")
    op.create_check_constraint(
        op.f("ck_orders_refunded_within_paid"),
        "orders",
        "refunded_amount >= 0 AND refunded_amount <= paid_amount",
    )
    op.drop_column("orders", "refunding_amount")


def _replace_list(table: str, column: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN {values}")


def _create_fulfillments() -> None:
    op.create_table(
        "fulfillments",
        _uuid("id"),
        _uuid("order_id"),
        sa.Column("lines", JsonText, nullable=False),
        _text("carrier", nullable=True),
        _text("tracking", nullable=True),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_fulfillments"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_fulfillments_order_id_orders"),
    )
    op.create_index(
        "ix_fulfillments_order_id_created_at_id", "fulfillments", ["order_id", "created_at", "id"]
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        _uuid("id"),
        _uuid("order_id"),
        _text("method"),
        _text("status"),
        _text("currency"),
        _bigint("amount"),
        _bigint("captured"),
        _bigint("returned"),
        *_course(),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_payments_order_id_orders"),
        sa.UniqueConstraint("method", "reference", name="uq_payments_method_reference"),
        _check("ck_payments_method", _METHODS.format("method")),
        _check("ck_payments_status", "status IN ('pending', 'captured', 'failed')"),
        _check("ck_payments_currency", _CURRENCY),
        _check("ck_payments_amount", _MONEY.format("amount")),
        _check("ck_payments_captured", _MONEY.format("captured")),
        _check("ck_payments_returned_within_captured", "returned >= 0 AND returned <= captured"),
    )
    op.create_index("ix_payments_order_id_requested_at_id", "payments", ["order_id", "requested_at", "id"])
    _create_inquiry_index("payments")


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        _uuid("id"),
        _uuid("order_id"),
        _uuid("payment_id"),
        _text("method"),
        _text("status"),
        _text("currency"),
        _bigint("amount"),
        sa.Column("lines", JsonText, nullable=False),
        _text("reason"),
        *_course(),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_refunds_order_id_orders"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id_payments"),
        sa.UniqueConstraint("method", "reference", name="uq_refunds_method_reference"),
        _check("ck_refunds_method", _METHODS.format("method")),
        _check("ck_refunds_status", "status IN ('pending', 'succeeded', 'failed')"),
        _check("ck_refunds_currency", _CURRENCY),
        _check("ck_refunds_amount", _MONEY.format("amount")),
    )
    op.create_index("ix_refunds_order_id_requested_at_id", "refunds", ["order_id", "requested_at", "id"])
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    _create_inquiry_index("refunds")


def _create_provider_events() -> None:
    op.create_table(
        "provider_events",
        _text("provider"),
        _text("event_id"),
        _text("kind"),
        _uuid("payment_id", nullable=True),
        _uuid("refund_id", nullable=True),
        _text("reference", nullable=True),
        _text("currency"),
        _bigint("amount"),
        _text("failure", nullable=True),
        _time("occurred_at"),
        _time("received_at"),
        sa.PrimaryKeyConstraint("provider", "event_id", name="pk_provider_events"),
        _check("ck_provider_events_provider", _METHODS.format("provider")),
    )


def _create_inquiry_index(table: str) -> None:
    op.create_index(
        f"ix_{table}_inquire_at_id",
        table,
        ["inquire_at", "id"],
        postgresql_where=sa.text("inquire_at IS NOT NULL"),
    )


def _course() -> tuple[sa.Column[object], ...]:
    """Return the columns for the progress of a payment or refund at its provider."""
    return (
        _text("reference", nullable=True),
        _text("failure", nullable=True),
        _time("requested_at"),
        _time("decided_at", nullable=True),
        _time("inquire_at", nullable=True),
        _bigint("inquiries"),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _bigint(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(name))
