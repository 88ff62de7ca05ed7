from dataclasses import dataclass

from application.catalog.views import StockView
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class CountStockCommand:
    """`expected_version` is the version of the stock that the caller read."""

    product_id: ProductId
    on_hand: int
    reason: str
    expected_version: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class CountStock:
    """Set the units on hand to a counted number.

    The request fails if the stock changed after the caller read the stock. The request also fails if the counted
    number is smaller than the number of reserved units.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: CountStockCommand) -> StockView:
        """Return the counted stock. Raises NotFound, PreconditionFailed, StockConflict."""
        async with self.unit_of_work(command.actor) as work:
            stock = (await work.stocks.lock([command.product_id])).get(command.product_id)
            product = (await work.products.get([command.product_id])).get(command.product_id)
            if product is None or stock is None:
                raise NotFound("There is no such product.")
            stock.count(
                command.on_hand,
                seen=command.expected_version,
                note=command.reason,
                now=self.clock.now(),
                actor=command.actor,
            )
            view = StockView.of(stock, product.sku)
            await work.stocks.save([stock])
            await work.commit()
        return view
