import asyncio

import httpx2
import pytest

from examples.northwind.client import AT_ONCE, Client, side_by_side


def client_of(*answers: httpx2.Response | type[httpx2.TransportError], waits: list[float]) -> Client:
    """Return a client of a fake service. The service returns these responses one after another."""
    remaining = iter(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        given = next(remaining)
        if isinstance(given, httpx2.Response):
            return given
        raise given("gone", request=request)

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://shop")
    return Client(http, waits.append)


@pytest.mark.parametrize("status", [429, 503])
async def test_demo_client_honors_retry_after(status: int) -> None:
    waits: list[float] = []
    later = httpx2.Response(status, headers={"Retry-After": "0"})
    client = client_of(later, later, httpx2.Response(201), waits=waits)
    assert (await client.send("POST", "/v1/orders", key="k")).status_code == 201
    assert waits == [0, 0]


async def test_demo_client_retries_requests_without_a_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examples.northwind.client.WAIT_AFTER_LOSS", 0)
    client = client_of(httpx2.ReadError, httpx2.Response(201), waits=[])
    assert (await client.send("POST", "/v1/orders", key="k")).status_code == 201


async def test_demo_client_stops_retrying_after_the_maximum_number_of_attempts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("examples.northwind.client.WAITING_LIMIT", -1)
    client = client_of(httpx2.Response(429), httpx2.ConnectError, waits=[])
    assert (await client.send("GET", "/")).status_code == 429
    with pytest.raises(httpx2.ConnectError):
        await client.send("GET", "/")


async def test_number_of_parallel_demo_requests_is_limited() -> None:
    under_way, most = 0, 0

    async def work(item: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return item

    assert sorted(await side_by_side(work, range(100))) == list(range(100))
    assert most == AT_ONCE
