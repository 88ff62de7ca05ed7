from sqlalchemy import select

from adapters.postgres.catalog.rows import ProductRow, ProductWithStockRow, StockMovementRow, StockRow
from adapters.postgres.core.unnest import columns_of
from application.catalog.views import MovementView, ProductView
from domain.catalog.product import Product, ProductDetails, ProductStatus
from domain.catalog.stock import Movement, MovementReason, Stock
from domain.shared.ids import OrderId, ProductId, UserId
from domain.shared.money import Money

PRODUCTS = select(
    *columns_of(ProductRow, without={"sort_name", "search_words", "search_typos", "search_version"})
)


def product_values(product: Product) -> dict[str, object]:
    """Return the columns of a product. `words` is the input for the column `search_words`."""
    return {
        "id": product.id,
        "sku": product.sku,
        "name": product.details.name,
        "description": product.details.description,
        "price_amount": product.details.price.amount,
        "price_currency": product.details.price.currency,
        "attributes": product.details.attributes,
        "max_per_order": product.details.max_per_order,
        "status": product.status,
        "version": product.version,
        "stock_version": product.stock_version,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        **search_values(product),
    }


def search_values(product: Product) -> dict[str, object]:
    """Return the columns for search and for sorting by name."""
    return {
        "sort_name": product.sort_name,
        "words": sorted(product.search_words),
        "search_typos": sorted(product.search_typos),
        "search_version": product.version,
    }


def product_from(row: ProductRow) -> Product:
    return Product(
        id=ProductId(row.id),
        sku=row.sku,
        details=ProductDetails(
            name=row.name,
            description=row.description,
            price=Money(row.price_amount, row.price_currency),
            attributes=row.attributes,
            max_per_order=row.max_per_order,
        ),
        status=ProductStatus(row.status),
        version=row.version,
        stock_version=row.stock_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def product_view_from(row: ProductWithStockRow) -> ProductView:
    """Build the view directly from the row.

    Building entities first would take twice as long.
    """
    return ProductView(
        id=ProductId(row.id),
        sku=row.sku,
        name=row.name,
        description=row.description,
        price=Money(row.price_amount, row.price_currency),
        attributes=row.attributes,
        status=ProductStatus(row.status),
        available=row.available,
        max_per_order=row.max_per_order,
        version=row.version_with_stock,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def stock_values(stock: Stock) -> dict[str, object]:
    return {
        "product_id": stock.product_id,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "version": stock.version,
    }


def stock_from(row: StockRow) -> Stock:
    return Stock(
        product_id=ProductId(row.product_id),
        on_hand=row.on_hand,
        reserved=row.reserved,
        version=row.version,
    )


def movement_values(version: int, movement: Movement) -> dict[str, object]:
    """Return the columns of a ledger row. `version` is the stock's version after the movement."""
    return {
        "product_id": movement.product_id,
        "version": version,
        "on_hand_delta": movement.on_hand_delta,
        "reserved_delta": movement.reserved_delta,
        "on_hand": movement.on_hand,
        "reserved": movement.reserved,
        "reason": movement.reason,
        "note": movement.note,
        "order_id": movement.order_id,
        "actor_id": movement.actor.id,
        "request_id": movement.actor.request_id,
        "occurred_at": movement.at,
    }


def movement_view_from(row: StockMovementRow) -> MovementView:
    return MovementView(
        on_hand_delta=row.on_hand_delta,
        reserved_delta=row.reserved_delta,
        on_hand=row.on_hand,
        reserved=row.reserved,
        reason=MovementReason(row.reason),
        note=row.note,
        order_id=None if row.order_id is None else OrderId(row.order_id),
        actor_id=None if row.actor_id is None else UserId(row.actor_id),
        request_id=row.request_id,
        at=row.occurred_at,
    )
