"""The number of statements per request, also for concurrent requests."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from tests.integration.postgres.sent import statements_of
from tests.kit.web import WebShop, key, order_body


@contextmanager
def statements_sent_by(web: WebShop) -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """Collect the statements of both connection pools. The list is complete when the context ends."""
    sent: list[tuple[str, tuple[object, ...]]] = []
    database = web.container.database
    with statements_of(database.engine()) as all_but, statements_of(database.public_read_engine()) as public:
        yield sent
    sent += chain(all_but, public)


async def test_read_request_executes_one_sql_statement(web: WebShop) -> None:
    mug = await web.product(stock=5)
    customer = await web.customer()
    order = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
    addresses = [f"/v1/products/{mug['id']}", "/v1/products", order.headers["Location"], "/v1/orders"]
    counts = {}
    for address in addresses:
        with statements_sent_by(web) as sent:
            assert (await customer.get(address)).status_code == 200
        counts[address] = len(sent)
    assert counts == dict.fromkeys(addresses, 1)


async def test_read_request_with_a_staff_access_token_executes_two_sql_statements(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await customer.post("/v1/orders", json=order_body((await web.product(), 1)), headers=key("k"))
    for address in (order.headers["Location"], "/v1/orders", "/v1/products"):
        with statements_sent_by(web) as sent:
            assert (await staff.get(address)).status_code == 200
        assert len(sent) == 2, address


async def test_order_request_executes_three_sql_statements(web: WebShop) -> None:
    mug, cup = await web.product(stock=5), await web.product(stock=5)
    customer = await web.customer()
    with statements_sent_by(web) as sent:
        response = await customer.post("/v1/orders", json=order_body((mug, 1), (cup, 2)), headers=key("k"))
    assert response.status_code == 201
    assert len(sent) == 3


async def test_identical_concurrent_read_requests_share_one_sql_statement(web: WebShop) -> None:
    mugs = [await web.product() for _ in range(10)]
    with statements_sent_by(web) as sent:
        responses = await asyncio.gather(
            *(web.anonymous.get(f"/v1/products/{mug['id']}") for mug in mugs for _ in range(3))
        )
    assert {response.status_code for response in responses} == {200}
    # One statement reads the first product. All products that are requested during this statement are then read by
    # one more statement.
    assert len(sent) < len(mugs)


async def test_malformed_request_executes_no_sql_statement(web: WebShop) -> None:
    customer = await web.customer()
    with statements_sent_by(web) as sent:
        responses = [
            await customer.post("/v1/orders", json={"lines": []}, headers=key("k")),
            await customer.post("/v1/orders", json=order_body(), headers=key("k")),
            await customer.get("/v1/products?limit=0"),
            await web.anonymous.get("/v1/orders"),
        ]
    assert [response.status_code for response in responses] == [422, 422, 422, 401]
    assert sent == []
