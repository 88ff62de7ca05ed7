"""Only staff can read the event feed over HTTP. The feed returns the events after a cursor as CloudEvents."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.kit.web import WebShop, key, order_body


async def happenings(staff: httpx2.AsyncClient, url: str = "/v1/events") -> dict[str, Any]:
    response = await staff.get(url)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_placed_order_is_published_as_a_cloud_event(web: WebShop) -> None:
    mug = await web.product(price=1999)
    customer = await web.customer()
    order = (await customer.post("/v1/orders", json=order_body((mug, 2)), headers=key("one"))).json()
    [event] = (await happenings(await web.staff(), "/v1/events?type=order.placed"))["items"]
    assert event.pop("id")
    assert re.fullmatch(r"\d{19}", event.pop("sequence"))
    assert event == {
        "specversion": "1.0",
        "source": "http://127.0.0.1:8000",
        "type": "order.placed",
        "subject": f"order/{order['id']}",
        "time": order["placed_at"],
        "datacontenttype": "application/json",
        "dataschema": "http://127.0.0.1:8000/asyncapi.json#/components/schemas/order.placed",
        "partitionkey": order["id"],
        "aggregateversion": 1,
        "data": {
            "number": order["number"],
            "customer_id": order["customer_id"],
            "total": {"amount": 3998, "currency": "EUR"},
            "lines": [
                {
                    "product_id": mug["id"],
                    "sku": mug["sku"],
                    "quantity": 2,
                    "unit_price": {"amount": 1999, "currency": "EUR"},
                }
            ],
        },
    }


async def test_event_feed_returns_only_events_after_the_requested_event(web: WebShop) -> None:
    staff = await web.staff()
    await web.product()
    first = await happenings(staff)
    assert first["has_more"] is False
    nothing = await happenings(staff, f"/v1/events?after={first['next_after']}")
    assert (nothing["items"], nothing["next_after"]) == ([], first["next_after"])
    await web.product()
    second = await happenings(staff, f"/v1/events?after={first['next_after']}")
    assert "product.created" in [event["type"] for event in second["items"]]
    seen = [event["id"] for event in first["items"] + second["items"]]
    assert len(set(seen)) == len(seen)


async def test_event_feed_pages_together_contain_all_events(web: WebShop) -> None:
    staff = await web.staff()
    for _ in range(4):
        await web.product()
    everything = (await happenings(staff))["items"]
    url, walked = "/v1/events?limit=2", []
    while True:
        response = await staff.get(url)
        walked += response.json()["items"]
        if "Link" not in response.headers:
            break
        url = response.links["next"]["url"]
        assert urlsplit(url).query.startswith("limit=2&after=")
    assert walked == everything
    sequences = [event["sequence"] for event in walked]
    assert sequences == sorted(sequences)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("after=019b8d2c-8e00-7000-8000-00000000dead", 400, "invalid_cursor"),
        ("after=canary", 422, "validation_failed"),
        ("type=order.celebrated", 422, "validation_failed"),
        ("limit=0", 422, "validation_failed"),
        ("cursor=x", 400, "unknown_parameter"),
    ],
)
async def test_invalid_feed_parameters_are_rejected(web: WebShop, query: str, status: int, code: str) -> None:
    response = await (await web.staff()).get(f"/v1/events?{query}")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert "canary" not in response.text.replace("instance", "")


async def test_event_feed_is_forbidden_for_customers_and_anonymous_requests(web: WebShop) -> None:
    assert (await web.anonymous.get("/v1/events")).json()["code"] == "authentication_required"
    assert (await (await web.customer()).get("/v1/events")).json()["code"] == "forbidden"


async def test_event_feed_refers_to_schemas_of_the_asyncapi_document(web: WebShop) -> None:
    document = (await web.anonymous.get("/asyncapi.json")).json()
    staff = await web.staff()
    await web.product()
    for event in (await happenings(staff))["items"]:
        _, _, pointer = event["dataschema"].partition("#/components/schemas/")
        assert pointer in document["components"]["schemas"]
