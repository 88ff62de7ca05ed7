"""Placing an order in one session of the ORM.

The ORM locks rows, loads rows as objects, and flushes the changed objects.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload
from uuid_utils.compat import uuid7

from benchmarks.peers.tutorial.models import (
    IdempotencyKey,
    Order,
    OrderHistory,
    OrderLine,
    OutboxEvent,
    Product,
    StockMovement,
)
from benchmarks.peers.tutorial.problems import Problem
from benchmarks.peers.tutorial.schemas import OrderIn, OrderOut
from domain.orders.number import order_number

HOLD = timedelta(minutes=15)


async def place(
    session: AsyncSession, customer_id: UUID, key: str, request_id: str, body: OrderIn
) -> tuple[OrderOut, bool]:
    """Place an order and commit. Raises Problem.

    Returns the order, and whether the order was replayed for a known idempotency key.
    """
    fingerprint = hashlib.sha256(b"POST\n/v1/orders\n" + body.model_dump_json().encode()).digest()
    record = await _claim(session, customer_id, key, fingerprint)
    if record.result is not None:
        if record.fingerprint != fingerprint:
            raise Problem(422, "idempotency_key_reused")
        await session.commit()
        return OrderOut.model_validate(record.result), True
    quantities: dict[UUID, int] = {}
    for line in body.lines:
        quantities[line.product_id] = quantities.get(line.product_id, 0) + line.quantity
    products = await _locked(session, quantities)
    order = _order(customer_id, key, fingerprint, request_id, quantities, products)
    session.add(order)
    _reserve(session, order, products, request_id)
    placed = OrderOut.of(order)
    session.add(_event(order, placed))
    record.result = placed.model_dump(mode="json")
    await session.commit()
    return placed, False


async def _claim(session: AsyncSession, customer_id: UUID, key: str, fingerprint: bytes) -> IdempotencyKey:
    statement = (
        insert(IdempotencyKey)
        .values(principal=str(customer_id), operation="place_order", key=key, fingerprint=fingerprint)
        .on_conflict_do_update(
            index_elements=["principal", "operation", "key"], set_={"replays": IdempotencyKey.replays + 1}
        )
        .returning(IdempotencyKey)
    )
    return (await session.scalars(statement)).one()


async def _locked(session: AsyncSession, quantities: dict[UUID, int]) -> dict[UUID, Product]:
    statement = (
        select(Product)
        .options(joinedload(Product.stock, innerjoin=True))
        .where(Product.id.in_(quantities), Product.status == "active")
        .order_by(Product.id)
        .with_for_update()
    )
    products = {product.id: product for product in await session.scalars(statement)}
    if len(products) < len(quantities) or len({p.price_currency for p in products.values()}) > 1:
        raise Problem(409, "product_unavailable")
    for product_id, quantity in quantities.items():
        product = products[product_id]
        available = product.stock.on_hand - product.stock.reserved
        if quantity > available or quantity > (product.max_per_order or quantity):
            raise Problem(409, "out_of_stock")
    return products


def _order(
    customer_id: UUID,
    key: str,
    fingerprint: bytes,
    request_id: str,
    quantities: dict[UUID, int],
    products: dict[UUID, Product],
) -> Order:
    now = datetime.now(UTC)
    order_id = uuid7()
    order = Order(
        id=order_id,
        number=order_number(order_id),
        customer_id=customer_id,
        idempotency_key=key,
        status="pending_payment",
        currency=next(iter(products.values())).price_currency,
        total_amount=sum(products[id_].price_amount * quantity for id_, quantity in quantities.items()),
        paid_amount=0,
        refunded_amount=0,
        cancelled_amount=0,
        open_disputes=0,
        shipping_address=None,
        note=None,
        order_metadata={},
        expires_at=now + HOLD,
        placed_at=now,
        updated_at=now,
        version=1,
        fingerprint=fingerprint,
        fingerprint_version=2,
    )
    for position, (product_id, quantity) in enumerate(quantities.items()):
        product = products[product_id]
        order.lines.append(
            OrderLine(
                id=uuid7(),
                position=position,
                product_id=product_id,
                sku=product.sku,
                name=product.name,
                unit_price_amount=product.price_amount,
                quantity=quantity,
                fulfilled=0,
                cancelled=0,
                returned=0,
                refunded=0,
            )
        )
    order.history.append(
        OrderHistory(
            version=1,
            action="place",
            source=None,
            target=order.status,
            reason=None,
            actor_id=customer_id,
            request_id=request_id,
            occurred_at=now,
        )
    )
    return order


def _reserve(session: AsyncSession, order: Order, products: dict[UUID, Product], request_id: str) -> None:
    for line in order.lines:
        stock = products[line.product_id].stock
        stock.reserved += line.quantity
        stock.version += 1
        session.add(
            StockMovement(
                product_id=line.product_id,
                version=stock.version,
                on_hand_delta=0,
                reserved_delta=line.quantity,
                on_hand=stock.on_hand,
                reserved=stock.reserved,
                reason="reserved",
                note=None,
                order_id=order.id,
                actor_id=order.customer_id,
                request_id=request_id,
                occurred_at=order.placed_at,
            )
        )


def _event(order: Order, placed: OrderOut) -> OutboxEvent:
    shown = placed.model_dump(mode="json")
    return OutboxEvent(
        id=uuid7(),
        type="order.placed",
        aggregate_type="order",
        aggregate_id=order.id,
        aggregate_version=1,
        occurred_at=order.placed_at,
        data={
            **{name: shown[name] for name in ("number", "customer_id", "total")},
            "lines": [
                {name: line[name] for name in ("product_id", "sku", "quantity", "unit_price")}
                for line in shown["lines"]
            ],
        },
    )
