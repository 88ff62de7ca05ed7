from dataclasses import dataclass

from application.catalog.views import AdjustmentView, StockView
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult, replay_of, store_result
from application.shared.ids import IdFactory
from application.unit_of_work import UnitOfWorkFactory
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
    """Book a delivery, a loss, a correction or a return on several stocks: every line of it, or none."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: AdjustStockCommand) -> IdempotentResult[AdjustmentView]:
        """Raise StockConflict, IdempotencyKeyReused, IdempotencyInFlight."""
        product_ids = {line.product_id for line in command.deltas}
        async with self.unit_of_work(command.actor) as work:
            if replay := await replay_of(work.idempotency, command.key, AdjustmentView):
                await work.commit()
                return replay
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
            view = AdjustmentView(
                id=self.ids.new(),
                reason=command.reason,
                note=command.note,
                stocks=tuple(StockView.of(stock, products[id_].sku) for id_, stock in stocks.items()),
            )
            await work.stocks.save(stocks.values())
            receipt = await store_result(work.idempotency, command.key, view)
            await work.commit()
        return receipt
