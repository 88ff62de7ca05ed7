from application.unit_of_work import UnitOfWork
from domain.catalog.product import Product
from domain.catalog.stock import Stock
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


async def get_product_for_update(work: UnitOfWork, product_id: ProductId) -> tuple[Product, Stock]:
    """Return a product and its stock, both locked. Raises NotFound.

    An edit depends on the version of the stock, so the stock is locked as well.

    The product is locked first: an import may hold its lock for long, and orders must not wait for the stock
    meanwhile.
    """
    product = (await work.products.lock([product_id])).get(product_id)
    stock = (await work.stocks.lock([product_id])).get(product_id)
    if product is None or stock is None:
        raise NotFound("There is no such product.")
    return product, stock
