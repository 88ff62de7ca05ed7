from dataclasses import dataclass

from application.catalog.views import AdjustmentView, StockView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.catalog.adjusting import StockDelta, adjust
from domain.catalog.stock import MovementReason
from domain.shared.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustStockCommand:
    deltas: tuple[StockDelta, ...]
    reason: MovementReason
    note: str | None
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class AdjustStock:
    """Adjust the stock of several products. Either all adjustments are applied or none.

    The reason of an adjustment is a receipt of goods, damage, a correction or a return.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: AdjustStockCommand) -> IdempotentResult[AdjustmentView]:
        """Return the adjusted stocks.

        Raises StockConflict, IdempotencyKeyReused, IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, AdjustmentView, lambda: self._adjust(work, command))

    async def _adjust(self, work: UnitOfWork, command: AdjustStockCommand) -> AdjustmentView:
        product_ids = {line.product_id for line in command.deltas}
        stocks = await work.stocks.lock(product_ids)
        products = await work.products.get(product_ids)
        adjust(
            command.deltas,
            stocks,
            command.reason,
            note=command.note,
            now=self.clock.now(),
            actor=command.actor,
        )
        await work.stocks.save(stocks.values())
        return AdjustmentView(
            id=self.ids.new(),
            reason=command.reason,
            note=command.note,
            stocks=tuple(StockView.of(stock, products[id_].sku) for id_, stock in stocks.items()),
        )
