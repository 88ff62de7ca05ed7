"""The benchmark compares several services. The statements of these services succeed on the current schema."""

import json
from uuid import uuid4

import asyncpg
import pytest

from benchmarks.audit import MUST_FIND_NOTHING
from benchmarks.contenders import PEERS
from domain.shared.actor import Actor
from entrypoints.http.api.orders.schemas import LineResponse, OrderResponse
from tests.kit.actors import SOMEBODY
from tests.kit.examples import a_product, a_user
from tests.kit.ports import SequentialIds
from tests.kit.postgres_store import postgres_store

STATEMENTS = {file.stem: file.read_text() for file in sorted((PEERS / "sql").glob("*.sql"))}
FUNCTION = STATEMENTS.pop("place_order")


async def test_every_benchmark_statement_is_valid_for_the_schema(psql: asyncpg.Connection) -> None:
    for statement in STATEMENTS.values():
        await psql.prepare(statement)


async def test_sql_function_of_the_benchmark_writes_the_same_rows_as_the_service(
    database_url: str, psql: asyncpg.Connection
) -> None:
    await psql.execute(FUNCTION)
    ids = SequentialIds()
    async with postgres_store(database_url) as store:
        user = a_user(ids)
        product, stock = a_product(ids, actor=Actor(None, "test"), on_hand=5)
        async with store.unit_of_work(SOMEBODY) as work:
            await work.users.add(user)
            await work.stocks.add([stock])
            await work.products.add([product])
            await work.commit()

    async def place(key: str, quantity: int) -> asyncpg.Record:
        return await psql.fetchrow(
            "SELECT * FROM place_order($1, $2, $3, $4, $5, $6, 'test', $7, $8, $9)",
            *(user.id, key, b"asked", uuid4(), f"number of {uuid4()}", uuid4()),
            *([uuid4()], [product.id], [quantity]),
        )

    first, again = await place("a", 3), await place("a", 3)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await place("b", 3)

    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["body"] == again["body"]
    assert refused.value.sqlstate == "SY409"
    order = json.loads(first["body"])
    assert order.keys() == OrderResponse.model_fields.keys()
    assert order["lines"][0].keys() == LineResponse.model_fields.keys()
    for rule, violations in MUST_FIND_NOTHING.items():
        assert not await psql.fetch(violations), rule
