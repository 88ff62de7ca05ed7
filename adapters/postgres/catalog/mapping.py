from adapters.postgres.core.result_row import ResultRow
from domain.catalog.product import Product, ProductStatus
from domain.catalog.stock import Movement, Stock
from domain.shared.ids import ProductId
from domain.shared.money import Money


def stock_values(stock: Stock) -> dict[str, object]:
    return {
        "product_id": stock.product_id,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "version": stock.version,
    }


def stock_from(row: ResultRow) -> Stock:
    return Stock(
        product_id=ProductId(row.product_id),
        on_hand=row.on_hand,
        reserved=row.reserved,
        version=row.version,
    )


def movement_values(version: int, movement: Movement) -> dict[str, object]:
    """Return a line of the ledger; `version` is that of the stock which the movement led to."""
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


def product_values(product: Product) -> dict[str, object]:
    """Return what is kept of a product; `words` become `search_words`."""
    return {
        "id": product.id,
        "sku": product.sku,
        "name": product.name,
        "description": product.description,
        "price_amount": product.price.amount,
        "price_currency": product.price.currency,
        "attributes": product.attributes,
        "max_per_order": product.max_per_order,
        "status": product.status,
        "version": product.version,
        "stock_version": product.stock_version,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "sort_name": product.sort_name,
        "words": sorted(product.search_words),
        "search_typos": sorted(product.search_typos),
        "search_version": product.version,
    }


def product_from(row: ResultRow) -> Product:
    return Product(
        id=ProductId(row.id),
        sku=row.sku,
        name=row.name,
        description=row.description,
        price=Money(row.price_amount, row.price_currency),
        attributes=row.attributes,
        max_per_order=row.max_per_order,
        status=ProductStatus(row.status),
        version=row.version,
        stock_version=row.stock_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
