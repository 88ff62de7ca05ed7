from datetime import datetime

from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from application.catalog.ports import StockLedger

# Balances are written in a fixed sequence, so that two workers do not deadlock.
_ARCHIVE = text("""
    WITH old AS (
        SELECT product_id, version FROM stock_movements
        WHERE occurred_at < :before
        ORDER BY occurred_at
        LIMIT :limit
        FOR UPDATE SKIP LOCKED
    ), archived AS (
        DELETE FROM stock_movements USING old
        WHERE stock_movements.product_id = old.product_id AND stock_movements.version = old.version
        RETURNING stock_movements.product_id, on_hand_delta, reserved_delta, reason
    ), balances AS (
        INSERT INTO stock_opening_balances AS balance (product_id, on_hand, reserved, received)
        SELECT product_id, sum(on_hand_delta), sum(reserved_delta),
               coalesce(sum(on_hand_delta) FILTER (WHERE reason <> 'shipped'), 0)
        FROM archived
        GROUP BY product_id
        ORDER BY product_id
        ON CONFLICT (product_id) DO UPDATE
        SET on_hand = balance.on_hand + excluded.on_hand,
            reserved = balance.reserved + excluded.reserved,
            received = balance.received + excluded.received
    )
    SELECT count(*) FROM archived
""").bindparams(bindparam("before", type_=DateTime(timezone=True)))


class PostgresStockLedger(StockLedger):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def prune(self, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                archived = await connection.execute(_ARCHIVE, {"before": before, "limit": limit})
                return int(archived.scalar_one())
