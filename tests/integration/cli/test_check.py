import asyncio

from tests.integration.cli.conftest import Run
from tests.kit.postgres_store import postgres_store
from tests.kit.shop import Shop
from tests.servers.databases import connected


def test_check_command_succeeds_for_a_consistent_shop(run: Run) -> None:
    code, out, err = run("check")
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [[f"I{n}", "ok"] for n in range(1, 11)]
    assert len({line.index("ok") for line in out.splitlines()}) == 1, "the results are aligned"


def test_check_command_fails_and_prints_the_order_that_breaks_an_invariant(
    run: Run, database_url: str
) -> None:
    order_id = asyncio.run(_break(database_url))
    code, out, err = run("check")
    assert code == 1
    assert "I7   1 broken" in out
    assert err.splitlines() == ["Error: 1 of 10 invariants are broken.", f"  I7: {order_id}"]


async def _break(url: str) -> str:
    async with postgres_store(url) as store:
        shop = Shop(store)
        order = await shop.order(await shop.product(stock=1))
    async with connected(url) as connection:
        await connection.execute("UPDATE orders SET total_amount = total_amount + 1")
    return str(order.id)
