from dataclasses import asdict
from uuid import UUID

from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.orders.rows import FulfillmentRow
from application.orders.views import FulfillmentView
from domain.orders.address import Address
from domain.orders.fulfillment import FulfilledLine, Fulfillment
from domain.orders.lifecycle import OrderStatus
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.orders.order_state import StatusChange
from domain.shared.ids import FulfillmentId, LineId, OrderId, ProductId, UserId
from domain.shared.money import Money


def order_values(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "number": order.number,
        "customer_id": order.customer_id,
        "idempotency_key": order.idempotency_key,
        "status": order.status,
        "currency": order.currency,
        "total_amount": order.total.amount,
        "authorized_amount": order.authorized_total.amount,
        "paid_amount": order.paid_total.amount,
        "refunded_amount": order.refunded_total.amount,
        "cancelled_amount": order.cancelled_total.amount,
        "refunding_amount": order.pending_refund_total.amount,
        "shipping_address": asdict(order.shipping_address) if order.shipping_address else None,
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
    """Return a row of the history; `version` is that of the order which the change led to."""
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


def order_from(row: ResultRow) -> Order:
    """Rebuild an order from a row of `orders_with_lines`."""
    return Order(
        id=OrderId(row.id),
        customer_id=UserId(row.customer_id),
        idempotency_key=row.idempotency_key,
        status=OrderStatus(row.status),
        currency=row.currency,
        lines=[
            OrderLine(
                id=LineId(line_id),
                product_id=ProductId(product_id),
                sku=sku,
                name=name,
                unit_price=Money(unit_price_amount, row.currency),
                quantity=quantity,
                fulfilled=fulfilled,
                cancelled=cancelled,
                returned=returned,
                refunded=refunded,
            )
            for (
                line_id,
                product_id,
                sku,
                name,
                unit_price_amount,
                quantity,
                fulfilled,
                cancelled,
                returned,
                refunded,
            ) in zip(
                row.line_ids,
                row.product_ids,
                row.skus,
                row.names,
                row.unit_price_amounts,
                row.quantities,
                row.fulfilled_units,
                row.cancelled_units,
                row.returned_units,
                row.refunded_units,
                strict=True,
            )
        ],
        total=Money(row.total_amount, row.currency),
        authorized_total=Money(row.authorized_amount, row.currency),
        paid_total=Money(row.paid_amount, row.currency),
        refunded_total=Money(row.refunded_amount, row.currency),
        pending_refund_total=Money(row.refunding_amount, row.currency),
        shipping_address=Address(**row.shipping_address) if row.shipping_address else None,
        note=row.note,
        metadata=row.metadata,
        expires_at=row.expires_at,
        is_hold_extended=row.is_hold_extended,
        open_disputes=row.open_disputes,
        placed_at=row.placed_at,
        updated_at=row.updated_at,
        version=row.version,
    )


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
