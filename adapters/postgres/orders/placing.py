"""The reads that placing a batch of orders needs.

The first statement locks customers and stocks, and skips rows that other transactions have locked. The second
statement reads products, customers and idempotency records.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    DateTime,
    Text,
    Uuid,
    bindparam,
    column,
    text,
)

from adapters.postgres.catalog.mapping import product_from, stock_from
from adapters.postgres.core.driver_statement import DriverStatement
from adapters.postgres.core.result_row import row_maker
from adapters.postgres.core.rows import ProductRow, StockRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.orders.ports import PlacementContext
from application.shared.idempotency import IdempotencyKey, IdempotentOperation
from domain.orders.hold_limits import CustomerHolds
from domain.orders.placing import ProductsWithStock
from domain.shared.ids import ProductId, UserId
from domain.users.user import UserStatus

_STOCKS = columns_of(StockRow, without={"in_stock"})
_PRODUCTS = columns_of(ProductRow, without={"sort_name", "search_words", "search_typos", "search_version"})
_stock_row, _product_row = row_maker(StockRow, _STOCKS), row_maker(ProductRow, _PRODUCTS)
_KEYS = (
    bindparam("principals", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("operation", type_=Text),
)
_IDS = (
    bindparam("customer_ids", type_=ARRAY(Uuid)),
    bindparam("product_ids", type_=ARRAY(Uuid)),
)

# All transactions lock customers before stocks. To force this sequence, the condition on stocks refers to the
# customers.
_LOCK = """
WITH customers AS MATERIALIZED (
    SELECT id FROM users WHERE id = ANY (:customer_ids) ORDER BY id {lock_customers}
), locked AS MATERIALIZED (
    SELECT {stocks} FROM stocks
    WHERE product_id = ANY (:product_ids) AND (SELECT count(*) FROM customers) >= 0
    ORDER BY product_id FOR UPDATE OF stocks {wait}
)
SELECT NULL::uuid AS customer_id, {stocks} FROM locked
UNION ALL
SELECT id, {nulls} FROM customers"""

# One statement reads everything: each row is a product, a customer, or an idempotency key with a record.
_READ = """
SELECT products.*, customers.*, used_keys.*
FROM (SELECT {products} FROM products WHERE id = ANY (:product_ids)) products
FULL JOIN (
    SELECT users.id AS customer_id, users.status AS account_status, email_verified, {holds}
    FROM users WHERE users.id = ANY (:customer_ids)
) customers ON false
FULL JOIN (
    SELECT principal, key
    FROM unnest(:principals, :keys) AS given (given_principal, given_key)
    JOIN idempotency_keys ON principal = given_principal AND operation = :operation AND key = given_key
) used_keys ON false"""
_NO_HOLDS = "0 AS unpaid_orders, NULL::uuid[] AS held_products, NULL::bigint[] AS held_units"
_HOLDS = """
    (SELECT count(*) FROM orders
     WHERE customer_id = users.id AND status = 'pending_payment' AND expires_at > :holds_at) AS unpaid_orders,
    (SELECT array_agg(product_id ORDER BY product_id) FROM {held}) AS held_products,
    (SELECT array_agg(units ORDER BY product_id) FROM {held}) AS held_units""".format(  # noqa: S608 - the text is a constant of this file
    held="""(
        SELECT product_id, sum(quantity - cancelled)::bigint AS units
        FROM orders JOIN order_lines ON order_id = orders.id
        WHERE customer_id = users.id AND orders.status = 'pending_payment' AND expires_at > :holds_at
          AND product_id = ANY (:product_ids)
        GROUP BY product_id) held"""
)


class _Customer(NamedTuple):
    """The columns of `_READ` with data of a customer.

    In rows of products and idempotency keys, these columns are None.
    """

    customer_id: UUID
    account_status: str
    email_verified: bool
    unpaid_orders: int
    held_products: list[UUID] | None
    held_units: list[int] | None


def _lock(lock_customers: str, *, wait: bool) -> DriverStatement:
    """Return the statement that locks customers and stocks.

    If `wait` is true, the statement waits for rows that are locked by other transactions. Otherwise the statement
    skips these rows.
    """
    how = "" if wait else "SKIP LOCKED"
    statement = _LOCK.format(
        lock_customers=f"{lock_customers} {how}",
        wait=how,
        stocks=", ".join(stock.name for stock in _STOCKS),
        nulls=", ".join("NULL" for _ in _STOCKS),
    )
    columns = (column("customer_id", Uuid), *_STOCKS)
    return DriverStatement(text(statement).bindparams(*_IDS).columns(*columns))


def _read(holds: str, *parameters: BindParameter[datetime]) -> DriverStatement:
    names = ", ".join(product.name for product in _PRODUCTS)
    statement = text(_READ.format(products=names, holds=holds)).bindparams(*_IDS, *_KEYS, *parameters)
    columns = (
        *_PRODUCTS,
        column("customer_id", Uuid),
        column("account_status", Text),
        column("email_verified", Boolean),
        column("unpaid_orders", BigInteger),
        column("held_products", ARRAY(Uuid)),
        column("held_units", ARRAY(BigInteger)),
        column("principal", Text),
        column("key", Text),
    )
    return DriverStatement(statement.columns(*columns))


# If the holds of customers are counted, the customers are locked exclusively. Otherwise concurrent batches share a
# lock, which only prevents changes of the accounts.
_LOCK_ALONE, _LOCK_SHARED = _lock("FOR NO KEY UPDATE", wait=False), _lock("FOR SHARE", wait=False)
_AWAIT_LOCKS = _lock("FOR NO KEY UPDATE", wait=True)
_READ_HOLDS = _read(_HOLDS, bindparam("holds_at", type_=DateTime(timezone=True)))
_READ_NO_HOLDS = _read(_NO_HOLDS)


async def await_locks(
    transaction: Transaction, customer_ids: Collection[UserId], product_ids: Collection[ProductId]
) -> None:
    ids = {"customer_ids": list(customer_ids), "product_ids": list(product_ids)}
    await transaction.fetch(_AWAIT_LOCKS, ids)


async def lock_for_placing(
    transaction: Transaction,
    customer_ids: Collection[UserId],
    product_ids: Collection[ProductId],
    *,
    keys: Collection[IdempotencyKey],
    holds_at: datetime | None,
) -> PlacementContext:
    ids: dict[str, object] = {"customer_ids": list(customer_ids), "product_ids": list(product_ids)}
    given = {
        **ids,
        "principals": [key.principal for key in keys],
        "keys": [key.key for key in keys],
        "operation": IdempotentOperation.PLACE_ORDER,
    }
    if holds_at is None:
        locked = await transaction.fetch(_LOCK_SHARED, ids)
        read = await transaction.fetch(_READ_NO_HOLDS, given)
    else:
        locked = await transaction.fetch(_LOCK_ALONE, ids)
        read = await transaction.fetch(_READ_HOLDS, {**given, "holds_at": holds_at})
    locked_customers = {customer_id for customer_id, *_ in locked}
    locked_stocks = [stock_from(_stock_row(row[1:])) for row in locked if row[0] is None]
    stocks = {stock.product_id: stock for stock in locked_stocks}
    products, holds, used_keys = {}, {}, set()
    for row in read:
        principal, key = row[-2:]
        if key is not None:
            used_keys.add((principal, IdempotentOperation.PLACE_ORDER, key))
        elif row[0] is not None:
            product = product_from(_product_row(row[: len(_PRODUCTS)]))
            products[product.id] = product
        else:
            customer = _Customer._make(row[len(_PRODUCTS) : -2])
            units = zip(customer.held_products or (), customer.held_units or (), strict=True)
            holds[UserId(customer.customer_id)] = CustomerHolds(
                status=UserStatus(customer.account_status),
                email_verified=customer.email_verified,
                unpaid_orders=customer.unpaid_orders,
                units={ProductId(product_id): held for product_id, held in units},
            )
    # Every product has a stock. If a stock is missing here, another transaction has locked it.
    locked_elsewhere = (products.keys() - stocks.keys()) | (holds.keys() - locked_customers)
    return PlacementContext(
        ProductsWithStock(products, stocks), holds, frozenset(locked_elsewhere), frozenset(used_keys)
    )
