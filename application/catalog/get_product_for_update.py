from application.unit_of_work import UnitOfWork
from domain.catalog.product import Product
from domain.catalog.stock import Stock
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


async def get_product_for_update(work: UnitOfWork, product_id: ProductId) -> tuple[Product, Stock]:
    """Lock a product and its stock, and return both. Raises NotFound.

    The version that clients see depends on the stock, so an edit locks the stock as well.

    The product is locked first, and then the stock. If an import holds the lock of the product, this call can wait
    for a long time. During this wait the stock is not locked, so that orders for the product can be placed.
    """
    product = (await work.products.lock([product_id])).get(product_id)
    stock = (await work.stocks.lock([product_id])).get(product_id)
    if product is None or stock is None:
        raise NotFound("There is no such product.")
    return product, stock
