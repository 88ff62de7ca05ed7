from typing import Any

import pytest
from sqlalchemy import event, text

from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.reader import AutocommitReader


@pytest.mark.parametrize(("pooled", "transactions"), [(False, 0), (True, 1)])
async def test_single_query_opens_a_transaction_only_behind_a_connection_pooler(
    database_url: str, pooled: bool, transactions: int
) -> None:
    engine = create_engine(database_url, pooled=pooled)
    reader = AutocommitReader(engine)
    await reader.all(text("SELECT 'the first one also asks for the server''s version'"))
    begun: list[str] = []

    def log_beginnings(adapted: Any, *_: Any) -> None:
        adapted.driver_connection.add_query_logger(
            lambda sent: begun.append(sent.query) if sent.query.startswith("BEGIN") else None
        )

    event.listen(engine.sync_engine, "checkout", log_beginnings)
    await reader.all(text("SELECT 1"))
    await engine.dispose()
    assert len(begun) == transactions
