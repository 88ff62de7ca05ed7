"""What is read of products, orders and clients, for entities and for views alike."""

from typing import Any

from sqlalchemy import Select, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from adapters.postgres.core.rows import ClientSecretRow, OrderLineRow, OrderRow, ProductRow, ServiceClientRow
from adapters.postgres.core.unnest import columns_of

PRODUCTS = select(
    *columns_of(ProductRow, without={"sort_name", "search_words", "search_typos", "search_version"})
)

ORDERS = select(*columns_of(OrderRow, without={"fingerprint", "fingerprint_version"}))


def orders_with_lines(
    chosen: Select[*tuple[Any, ...]], *, descending: bool = False
) -> Select[*tuple[Any, ...]]:
    """Return the chosen orders by the time of placing, each in one row with its lines: an array for each column.

    `chosen` selects the columns of `ORDERS`. It becomes a subquery, so that the lines of orders beyond its limit
    are never read.
    """
    order = chosen.subquery("o")
    line = OrderLineRow
    lines = (
        select(
            *(
                func.array_agg(aggregate_order_by(column, line.position)).label(label)
                for label, column in (
                    ("line_ids", line.id),
                    ("product_ids", line.product_id),
                    ("skus", line.sku),
                    ("names", line.name),
                    ("unit_price_amounts", line.unit_price_amount),
                    ("quantities", line.quantity),
                    ("fulfilled_units", line.fulfilled),
                    ("cancelled_units", line.cancelled),
                    ("returned_units", line.returned),
                    ("refunded_units", line.refunded),
                )
            )
        )
        .where(line.order_id == order.c.id)
        .lateral("lines")
    )
    key = (order.c.placed_at, order.c.id)
    return (
        select(order, lines)
        .join(lines, true())
        .order_by(*(column.desc() if descending else column.asc() for column in key))
    )


def clients_with_secrets() -> Select[*tuple[Any, ...]]:
    """Select service clients, with a row for each valid secret, the first first, or with one that has none."""
    return (
        select(
            *columns_of(ServiceClientRow),
            ClientSecretRow.id.label("secret_id"),
            ClientSecretRow.secret_hash,
            ClientSecretRow.created_at.label("secret_created_at"),
            ClientSecretRow.last_used_at,
        )
        .outerjoin(ClientSecretRow, ClientSecretRow.client_id == ServiceClientRow.id)
        .order_by(ServiceClientRow.name, ClientSecretRow.id)
    )
