"""Webhooks over HTTP: staff make endpoints, see what becomes of deliveries, and have them repeated."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from standardwebhooks import Webhook

from entrypoints.worker import jobs_of
from tests.kit.clock import FixedClock
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, key, web_shop
from tests.kit.webhooks import Subscribers

URL = "https://ann.example.com/hook"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def subscribers(clock: FixedClock) -> Subscribers:
    return Subscribers(clock)


@pytest.fixture
async def web(clock: FixedClock, subscribers: Subscribers) -> AsyncIterator[WebShop]:
    container = container_over(memory_store())
    container.webhooks.webhook_sender.override(subscribers)
    container.clock.override(clock)
    async with web_shop(container) as web:
        yield web


async def endpoint(staff: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    response = await staff.post("/v1/webhook-endpoints", json={"url": URL, **fields})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def work(web: WebShop) -> None:
    for job in jobs_of(web.container):
        await job()


async def deliveries(staff: httpx2.AsyncClient, endpoint_id: str, query: str = "") -> list[dict[str, Any]]:
    response = await staff.get(f"/v1/webhook-endpoints/{endpoint_id}/deliveries{query}")
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_endpoint_secret_is_shown_once(web: WebShop) -> None:
    staff = await web.staff()
    response = await staff.post("/v1/webhook-endpoints", json={"url": URL, "event_types": ["order.placed"]})
    made = response.json()
    assert response.status_code == 201
    assert made["secret"].startswith("whsec_")
    assert response.headers["Location"] == f"/v1/webhook-endpoints/{made['id']}"
    secret = made.pop("secret")
    assert (await staff.get(response.headers["Location"])).json() == made
    listed = await staff.get("/v1/webhook-endpoints")
    assert listed.json()["items"] == [made]
    assert secret not in listed.text
    Webhook(secret)


async def test_delivered_event_is_listed(web: WebShop, subscribers: Subscribers) -> None:
    staff = await web.staff()
    made = await endpoint(staff, event_types=["product.created"])
    await web.product()
    await work(web)
    [heard] = subscribers.heard
    assert (heard.url, heard.event["type"]) == (URL, "product.created")
    [delivery] = await deliveries(staff, made["id"])
    assert (delivery["event_id"], delivery["status"], delivery["last_status"]) == (
        heard.message_id,
        "delivered",
        204,
    )


async def test_failed_delivery_can_be_retried(web: WebShop, subscribers: Subscribers) -> None:
    staff = await web.staff()
    made = await endpoint(staff, event_types=["product.created"])
    subscribers.answers[URL] = "timeout"
    await web.product()
    await work(web)
    assert await deliveries(staff, made["id"], "?status=delivered") == []
    [pending] = await deliveries(staff, made["id"], "?status=pending")
    assert (pending["last_error"], pending["attempts"]) == ("timeout", 1)
    del subscribers.answers[URL]
    url = f"/v1/webhook-endpoints/{made['id']}/deliveries/{pending['id']}/retry"
    retried = await staff.post(url, headers=key("again"))
    assert (retried.status_code, retried.json()["status"]) == (200, "pending")
    assert (await staff.post(url, headers=key("again"))).headers["Idempotent-Replayed"] == "true"
    await work(web)
    assert [each["status"] for each in await deliveries(staff, made["id"])] == ["delivered"]


async def test_deleted_endpoint_is_not_found(web: WebShop, subscribers: Subscribers) -> None:
    staff = await web.staff()
    url = f"/v1/webhook-endpoints/{(await endpoint(staff))['id']}"
    assert (await staff.delete(url)).status_code == 204
    for response in (
        await staff.get(url),
        await staff.delete(url),
        await staff.get(f"{url}/deliveries"),
        await staff.post(f"{url}/deliveries/{uuid4()}/retry"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    await web.product()
    await work(web)
    assert subscribers.heard == []


async def test_endpoint_is_created_once_per_key(web: WebShop) -> None:
    staff = await web.staff()
    first = await staff.post("/v1/webhook-endpoints", json={"url": URL}, headers=key("one"))
    second = await staff.post("/v1/webhook-endpoints", json={"url": URL}, headers=key("one"))
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json() == {**first.json(), "secret": None}
    assert len((await staff.get("/v1/webhook-endpoints")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://ann.example.com/"}, "/url"),
        ({"url": "https://user:canary@ann.example.com/"}, "/url"),
        ({"url": "canary"}, "/url"),
        ({"url": ""}, "/url"),
        ({}, "/url"),
        ({"url": URL, "event_types": ["order.celebrated"]}, "/event_types/0"),
        ({"url": URL, "secret": "whsec_canary"}, ""),
    ],
)
async def test_invalid_endpoint_url_is_rejected_without_echo(
    web: WebShop, body: dict[str, Any], pointer: str
) -> None:
    response = await (await web.staff()).post("/v1/webhook-endpoints", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
    assert "canary" not in response.text


async def test_plain_http_endpoint_requires_the_development_setting() -> None:
    container = container_over(memory_store(), webhooks_to_private_addresses=True)
    async with web_shop(container) as web:
        await endpoint(await web.staff(), url="http://127.0.0.1:9000/")


async def test_webhooks_require_staff(web: WebShop) -> None:
    customer = await web.customer()
    for client, code in ((web.visitor, "authentication_required"), (customer, "forbidden")):
        for response in (
            await client.get("/v1/webhook-endpoints"),
            await client.post("/v1/webhook-endpoints", json={"url": URL}),
            await client.delete(f"/v1/webhook-endpoints/{uuid4()}"),
            await client.get(f"/v1/webhook-endpoints/{uuid4()}/deliveries"),
            await client.post(f"/v1/webhook-endpoints/{uuid4()}/deliveries/{uuid4()}/retry"),
        ):
            assert response.json()["code"] == code
