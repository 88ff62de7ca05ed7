from typing import Any

import pytest
from sqlalchemy import event, make_url, text

from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.reader import AutocommitReader


@pytest.mark.parametrize(("cache_size", "transactions"), [("100", 0), ("0", 1)])
async def test_single_read_is_a_transaction_only_behind_a_pooler(
    database_url: str, cache_size: str, transactions: int
) -> None:
    url = make_url(database_url).update_query_dict({"prepared_statement_cache_size": cache_size})
    engine = create_engine(url.render_as_string(hide_password=False))
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
