from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from adapters.postgres.core.result_row import ResultRow, row_maker
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.orders.rows import AddressValues, FulfillmentRow, OrderLineRow, OrderRow
from application.orders.views import FulfillmentView, OrderView
from application.shared.idempotency import UNVERIFIABLE, StoredResult
from domain.orders.address import Address
from domain.orders.fulfillment import FulfilledLine, Fulfillment
from domain.orders.guest import Guest
from domain.orders.lifecycle import OrderStatus
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.orders.order_state import StatusChange
from domain.shared.ids import FulfillmentId, LineId, OrderId, ProductId, UserId
from domain.shared.money import Money
from domain.users.email_address import EmailAddress

_ORDER = columns_of(OrderRow)
_LINE = columns_of(OrderLineRow, without={"order_id", "position"})
_money = lru_cache(maxsize=10_000)(Money)
"""Return an amount of money from a cache.

Most amounts are zero or a price of the catalog, so orders share few objects.
"""
_order_row, _line_row = row_maker(OrderRow, _ORDER), row_maker(OrderLineRow, _LINE)

ORDERS = select(*_ORDER)
PLACED_BY: ColumnElement[UUID] = func.coalesce(OrderRow.placed_by, OrderRow.customer_id)
"""The SQL expression for the caller that placed an order.

A unique index contains this expression and the idempotency key.
"""


def orders_with_lines(
    chosen: Select[*tuple[Any, ...]], *, descending: bool = False
) -> Select[*tuple[Any, ...]]:
    """Select orders, sorted by the time of placing. Each row is an order with arrays of lines.

    Each column of the lines is one array. `chosen` is a SELECT of the columns of `ORDERS`. It becomes a
    subquery, so that only the lines of the selected orders are read.
    """
    order = chosen.subquery("o")
    by_position = (aggregate_order_by(column, OrderLineRow.position) for column in _LINE)
    lines = (
        select(*(func.array_agg(values).label(f"line_{i}") for i, values in enumerate(by_position)))
        .where(OrderLineRow.order_id == order.c.id)
        .lateral("lines")
    )
    key = (order.c.placed_at, order.c.id)
    return (
        select(order, lines)
        .join(lines, true())
        .order_by(*(column.desc() if descending else column.asc() for column in key))
    )


def order_values(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "number": order.number,
        "customer_id": order.customer_id,
        "guest_email": order.guest.email.normalized if order.guest else None,
        "guest_email_typed": order.guest.email.typed if order.guest else None,
        "guest_name": order.guest.full_name if order.guest else None,
        "placed_by": order.placed_by,
        "idempotency_key": order.idempotency_key,
        "status": order.status,
        "currency": order.currency,
        "total_amount": order.total.amount,
        "authorized_amount": order.authorized_total.amount,
        "paid_amount": order.paid_total.amount,
        "refunded_amount": order.refunded_total.amount,
        "cancelled_amount": order.cancelled_amount,
        "refunding_amount": order.pending_refund_total.amount,
        "shipping_address": _address_values(order.shipping_address) if order.shipping_address else None,
        "note": order.note,
        "metadata": order.metadata,
        "expires_at": order.expires_at,
        "is_hold_extended": order.is_hold_extended,
        "open_disputes": order.open_disputes,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
        "version": order.version,
    }


def line_values(order_id: OrderId, position: int, line: OrderLine) -> dict[str, object]:
    return {
        "order_id": order_id,
        "id": line.id,
        "position": position,
        "product_id": line.product_id,
        "sku": line.sku,
        "name": line.name,
        "unit_price_amount": line.unit_price.amount,
        "quantity": line.quantity,
        "fulfilled": line.fulfilled,
        "cancelled": line.cancelled,
        "returned": line.returned,
        "refunded": line.refunded,
    }


def change_values(order_id: OrderId, version: int, change: StatusChange) -> dict[str, object]:
    """Return a row of the status history. `version` is the version of the order after the change."""
    return {
        "order_id": order_id,
        "version": version,
        "action": change.action,
        "source": change.source,
        "target": change.target,
        "reason": change.reason,
        "actor_id": change.actor.id,
        "request_id": change.actor.request_id,
        "occurred_at": change.at,
    }


def order_from(result: ResultRow) -> Order:
    """Rebuild an order from a row of `orders_with_lines`."""
    row = _order_row(result[: len(_ORDER)])
    lines = map(_line_row, zip(*result[len(_ORDER) :], strict=True))
    return Order(
        id=OrderId(row.id),
        customer_id=None if row.customer_id is None else UserId(row.customer_id),
        guest=_guest_from(row),
        placed_by=None if row.placed_by is None else UserId(row.placed_by),
        idempotency_key=row.idempotency_key,
        status=OrderStatus(row.status),
        currency=row.currency,
        lines=[_line_from(line, row.currency) for line in lines],
        total=_money(row.total_amount, row.currency),
        authorized_total=_money(row.authorized_amount, row.currency),
        paid_total=_money(row.paid_amount, row.currency),
        refunded_total=_money(row.refunded_amount, row.currency),
        pending_refund_total=_money(row.refunding_amount, row.currency),
        shipping_address=Address(**row.shipping_address) if row.shipping_address else None,
        note=row.note,
        metadata=row.order_metadata,
        expires_at=row.expires_at,
        is_hold_extended=row.is_hold_extended,
        open_disputes=row.open_disputes,
        placed_at=row.placed_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def result_from(result: ResultRow) -> StoredResult[OrderView]:
    """Return an order with the fingerprint of the request that placed the order.

    Orders of release 2 and earlier have no fingerprint.
    """
    row = _order_row(result[: len(_ORDER)])
    view = OrderView.of(order_from(result))
    return StoredResult(row.fingerprint or b"", view, row.fingerprint_version or UNVERIFIABLE)


def _guest_from(row: OrderRow) -> Guest | None:
    if row.guest_email is None:
        return None
    email = EmailAddress.stored(row.guest_email, row.guest_email_typed)
    return Guest(email=email, full_name=row.guest_name)


def _line_from(row: OrderLineRow, currency: str) -> OrderLine:
    return OrderLine(
        id=LineId(row.id),
        product_id=ProductId(row.product_id),
        sku=row.sku,
        name=row.name,
        unit_price=_money(row.unit_price_amount, currency),
        quantity=row.quantity,
        fulfilled=row.fulfilled,
        cancelled=row.cancelled,
        returned=row.returned,
        refunded=row.refunded,
    )


def _address_values(address: Address) -> AddressValues:
    # The fields are named one by one, because `asdict` would double the duration of this function.
    return {
        "name": address.name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }


def fulfillment_values(fulfillment: Fulfillment) -> dict[str, object]:
    return {
        "id": fulfillment.id,
        "order_id": fulfillment.order_id,
        "lines": [{"line_id": str(line.line_id), "quantity": line.quantity} for line in fulfillment.lines],
        "carrier": fulfillment.carrier,
        "tracking": fulfillment.tracking,
        "created_at": fulfillment.created_at,
    }


def fulfillment_view_from(row: FulfillmentRow) -> FulfillmentView:
    return FulfillmentView(
        id=FulfillmentId(row.id),
        order_id=OrderId(row.order_id),
        lines=tuple(FulfilledLine(LineId(UUID(line["line_id"])), line["quantity"]) for line in row.lines),
        carrier=row.carrier,
        tracking=row.tracking,
        created_at=row.created_at,
    )
