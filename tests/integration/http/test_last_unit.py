"""Twenty concurrent orders for the last unit."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from tests.integration.http.services import Buyer
from tests.invariants import assert_invariants
from tests.kit.shop import Shop
from tests.kit.web import WebShop, order_body


async def test_only_one_of_twenty_concurrent_http_orders_gets_the_last_unit(
    service_processes: Sequence[WebShop], direct_shop: Shop
) -> None:
    mug = await service_processes[0].product(stock=1)
    runners = [await Buyer.of(service_processes[0], direct_shop) for _ in range(20)]
    responses = await asyncio.gather(
        *(
            runner.order(service_processes[number % len(service_processes)], order_body((mug, 1)))
            for number, runner in enumerate(runners)
        )
    )

    assert Counter(response.status_code for response in responses) == {201: 1, 409: 19}
    assert Counter(response.json().get("code") for response in responses) == {None: 1, "out_of_stock": 19}
    assert (await service_processes[0].anonymous.get(f"/v1/products/{mug['id']}")).json()["available"] == 0
    await assert_invariants(direct_shop)


async def test_concurrent_orders_with_lines_in_opposite_sequences_do_not_deadlock(
    service_processes: Sequence[WebShop], direct_shop: Shop
) -> None:
    mug, cup = await service_processes[0].product(stock=1), await service_processes[0].product(stock=1)
    lines = [(mug, 1), (cup, 1)]
    runners = [await Buyer.of(service_processes[0], direct_shop) for _ in range(20)]
    responses = await asyncio.gather(
        *(
            runner.order(
                service_processes[number % len(service_processes)],
                order_body(*(lines if number // 2 % 2 else reversed(lines))),
            )
            for number, runner in enumerate(runners)
        )
    )

    assert Counter(response.status_code for response in responses) == {201: 1, 409: 19}
    for product in (mug, cup):
        assert (await service_processes[0].anonymous.get(f"/v1/products/{product['id']}")).json()[
            "available"
        ] == 0
    await assert_invariants(direct_shop)


async def test_concurrent_orders_that_have_products_in_common_sell_no_unit_twice(
    service_processes: Sequence[WebShop], direct_shop: Shop
) -> None:
    """The five products form a ring, and each order is for two neighboring products.

    Several orders therefore wait for each lock.
    """
    ring = [await service_processes[0].product(stock=4) for _ in range(5)]
    runners = [await Buyer.of(service_processes[0], direct_shop) for _ in range(20)]
    responses = await asyncio.gather(
        *(
            runner.order(
                service_processes[number % len(service_processes)],
                order_body((ring[number % 5], 1), (ring[(number + 1) % 5], 1)),
            )
            for number, runner in enumerate(runners)
        )
    )

    statuses = Counter(response.status_code for response in responses)
    assert set(statuses) <= {201, 409}
    left = [
        (await service_processes[0].anonymous.get(f"/v1/products/{product['id']}")).json()["available"]
        for product in ring
    ]
    assert sum(left) == 5 * 4 - 2 * statuses[201]
    await assert_invariants(direct_shop)
