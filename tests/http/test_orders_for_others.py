"""Staff and service clients place orders for customers over HTTP."""

from uuid import uuid4

import pytest

from domain.users.permissions import Scope
from tests.kit.actors import SOMEBODY
from tests.kit.web import WebShop, key, order_body


@pytest.mark.parametrize("caller", ["staff", "client"])
async def test_staff_and_service_clients_can_place_an_order_for_a_customer(web: WebShop, caller: str) -> None:
    customer = await web.customer()
    customer_id = (await customer.get("/v1/me")).json()["id"]
    placer = await web.staff() if caller == "staff" else await web.client(Scope.PLACE_ORDERS)
    body = order_body((await web.product(), 1), customer_id=customer_id)
    assert (await placer.post("/v1/orders/preview", json=body)).status_code == 200
    placed = await placer.post("/v1/orders", json=body, headers=key("k"))

    assert placed.status_code == 201, placed.text
    assert placed.json()["customer_id"] == customer_id
    assert (await customer.get(placed.headers["Location"])).json()["id"] == placed.json()["id"]
    own = await customer.post("/v1/orders", json=body, headers=key("k"))
    assert (own.status_code, own.json()["id"] != placed.json()["id"]) == (201, True)
    again = await placer.post("/v1/orders", json=body, headers=key("k"))
    assert (again.headers["Idempotent-Replayed"], again.json()) == ("true", placed.json())
    history = (await (await web.staff()).get(f"{placed.headers['Location']}/history")).json()["items"]
    assert history[0]["actor_id"] != customer_id


async def test_customer_cannot_place_an_order_for_another_customer(web: WebShop) -> None:
    ann, bob = await web.customer(), await web.customer()
    body = order_body((await web.product(), 1), customer_id=(await bob.get("/v1/me")).json()["id"])
    for path in ("/v1/orders", "/v1/orders/preview"):
        refused = await ann.post(path, json=body, headers=key("k"))
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await bob.get("/v1/orders")).json()["items"] == []


async def test_order_by_a_service_client_requires_a_customer_and_the_scope_orders_place(web: WebShop) -> None:
    body = order_body((await web.product(), 1))
    missing = await (await web.client(Scope.PLACE_ORDERS)).post("/v1/orders", json=body, headers=key("k"))
    assert (missing.status_code, missing.json()["code"]) == (422, "validation_failed")
    assert missing.json()["errors"][0]["pointer"] == "/customer_id"
    reader = await (await web.client(Scope.READ_ORDERS)).post("/v1/orders", json=body, headers=key("k"))
    assert reader.status_code == 403


async def test_order_request_for_an_unknown_customer_returns_422(web: WebShop) -> None:
    staff, body = await web.staff(), order_body((await web.product(), 1), customer_id=str(uuid4()))
    refused = await staff.post("/v1/orders", json=body, headers=key("k"))
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert refused.json()["errors"][0]["code"] == "customer_unavailable"


async def test_disabled_service_client_cannot_place_orders(web: WebShop) -> None:
    customer_id = await web.account()
    till = await web.client(Scope.PLACE_ORDERS)
    [client] = await web.container.clients.list_clients()()
    await web.container.clients.disable_client()(client.name, actor=SOMEBODY)
    body = order_body((await web.product(), 1), customer_id=customer_id)
    refused = await till.post("/v1/orders", json=body, headers=key("k"))
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
