from application.unit_of_work import UnitOfWork
from domain.catalog.product import Product
from domain.catalog.stock import Stock
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


async def get_product_for_update(work: UnitOfWork, product_id: ProductId) -> tuple[Product, Stock]:
    """Return a product and its stock. The stock is locked first, which also protects the product. Raise NotFound."""
    stock = (await work.stocks.lock([product_id])).get(product_id)
    product = (await work.products.get([product_id])).get(product_id)
    if product is None or stock is None:
        raise NotFound("There is no such product.")
    return product, stock
