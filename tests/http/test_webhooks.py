"""Webhooks over HTTP: endpoints, deliveries, and retries by staff."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from standardwebhooks import Webhook

from domain.users.permissions import Scope
from entrypoints.worker import jobs_of
from tests.kit.actors import SOMEBODY
from tests.kit.ports import FixedClock
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


async def test_webhook_secret_is_shown_only_when_the_endpoint_is_created(web: WebShop) -> None:
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


async def test_successful_webhook_delivery_is_listed(web: WebShop, subscribers: Subscribers) -> None:
    staff = await web.staff()
    made = await endpoint(staff, event_types=["product.created"])
    await web.product()
    await work(web)
    [message] = subscribers.messages
    assert (message.url, message.event["type"]) == (URL, "product.created")
    [delivery] = await deliveries(staff, made["id"])
    assert (delivery["event_id"], delivery["status"], delivery["last_status"]) == (
        message.message_id,
        "delivered",
        204,
    )


async def test_failed_webhook_delivery_can_be_retried(web: WebShop, subscribers: Subscribers) -> None:
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


async def test_deleted_webhook_endpoint_is_not_found(web: WebShop, subscribers: Subscribers) -> None:
    staff = await web.staff()
    url = f"/v1/webhook-endpoints/{(await endpoint(staff))['id']}"
    assert (await staff.delete(url)).status_code == 204
    for response in (
        await staff.get(url),
        await staff.delete(url),
        await staff.patch(url, json={"paused": True}, headers={"If-Match": '"v1"'}),
        await staff.get(f"{url}/deliveries"),
        await staff.post(f"{url}/deliveries/{uuid4()}/retry"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    await web.product()
    await work(web)
    assert subscribers.messages == []


async def test_webhook_endpoint_is_created_only_once_per_idempotency_key(web: WebShop) -> None:
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
async def test_error_for_an_invalid_webhook_endpoint_creation_hides_the_input(
    web: WebShop, body: dict[str, Any], pointer: str
) -> None:
    response = await (await web.staff()).post("/v1/webhook-endpoints", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
    assert "canary" not in response.text


async def test_webhook_url_with_plain_http_requires_a_development_setting() -> None:
    container = container_over(memory_store(), webhooks_to_private_addresses=True)
    async with web_shop(container) as web:
        await endpoint(await web.staff(), url="http://127.0.0.1:9000/")


async def test_webhook_operations_are_forbidden_for_customers_and_anonymous_requests(web: WebShop) -> None:
    customer = await web.customer()
    for client, code in ((web.anonymous, "authentication_required"), (customer, "forbidden")):
        for response in (
            await client.get("/v1/webhook-endpoints"),
            await client.post("/v1/webhook-endpoints", json={"url": URL}),
            await client.delete(f"/v1/webhook-endpoints/{uuid4()}"),
            await client.patch(
                f"/v1/webhook-endpoints/{uuid4()}", json={"paused": True}, headers={"If-Match": '"v1"'}
            ),
            await client.get(f"/v1/webhook-endpoints/{uuid4()}/deliveries"),
            await client.post(f"/v1/webhook-endpoints/{uuid4()}/deliveries/{uuid4()}/retry"),
        ):
            assert response.json()["code"] == code


async def test_webhook_endpoint_change_requires_the_current_etag(
    web: WebShop, subscribers: Subscribers
) -> None:
    staff = await web.staff()
    made = await endpoint(staff, event_types=["product.created"], description="ERP")
    url = f"/v1/webhook-endpoints/{made['id']}"
    read = await staff.get(url)
    tag = read.headers["ETag"]
    assert (await staff.get(url, headers={"If-None-Match": tag})).status_code == 304
    paused = await staff.patch(url, json={"paused": True, "description": None}, headers={"If-Match": tag})
    assert (paused.status_code, paused.json()["paused"], paused.json()["description"]) == (200, True, "")
    assert (await staff.get(url)).headers["ETag"] == paused.headers["ETag"] != tag
    await web.product()
    await work(web)
    assert subscribers.messages == []
    late = await staff.patch(url, json={"paused": False}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    missing = await staff.patch(url, json={"paused": False})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    resumed = await staff.patch(url, json={"paused": False}, headers={"If-Match": paused.headers["ETag"]})
    assert (resumed.status_code, resumed.json()["paused_at"]) == (200, None)
    await work(web)
    assert [message.event["type"] for message in subscribers.messages] == ["product.created"]


async def test_bulk_retry_schedules_undelivered_events_of_a_time_window(
    web: WebShop, subscribers: Subscribers
) -> None:
    staff = await web.staff()
    made = await endpoint(staff, event_types=["product.created"])
    subscribers.answers[URL] = "timeout"
    for _ in range(2):
        await web.product()
    await work(web)
    del subscribers.answers[URL]
    path = f"/v1/webhook-endpoints/{made['id']}/deliveries/retry"
    body = {"since": made["created_at"], "until": "2100-01-01T00:00:00Z", "event_types": ["product.created"]}
    answers = [await staff.post(path, json=body, headers=key("bulk")) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"retried": 2, "has_more": False}] * 2
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    await work(web)
    assert {each["status"] for each in await deliveries(staff, made["id"])} == {"delivered"}
    empty = await staff.post(path, json={**body, "until": body["since"]})
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/until")
    assert (await staff.post(path, json={"since": "yesterday"})).status_code == 422


async def test_new_webhook_secret_is_shown_only_in_the_first_response_to_a_rotation(web: WebShop) -> None:
    staff = await web.staff()
    made = await endpoint(staff)
    path = f"/v1/webhook-endpoints/{made['id']}/roll-secret"
    rolled = await staff.post(path, json={}, headers=key("roll"))
    assert rolled.status_code == 200
    assert rolled.json()["secret"].startswith("whsec_")
    assert rolled.json()["secret"] != made["secret"]
    assert rolled.json()["former_secret_expires_at"]
    retry = await staff.post(path, json={}, headers=key("roll"))
    assert (retry.headers["Idempotent-Replayed"], retry.json()["secret"]) == ("true", None)
    assert (await staff.get(f"/v1/webhook-endpoints/{made['id']}")).headers["ETag"] == rolled.headers["ETag"]
    now = await staff.post(path, json={"overlap_hours": 0})
    assert (now.status_code, now.json()["former_secret_expires_at"]) == (200, None)
    late = await staff.post(path, json={"overlap_hours": 169})
    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (422, "/overlap_hours")


async def test_staff_cannot_rotate_the_webhook_secret_of_another_owner(web: WebShop) -> None:
    made = await endpoint(await web.staff())
    path = f"/v1/webhook-endpoints/{made['id']}/roll-secret"
    other = await (await web.staff()).post(path, json={})
    assert (other.status_code, other.json()["code"]) == (403, "forbidden")
    assert (await (await web.admin()).post(path, json={})).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://ann.example.com/"}, "/url"),
        ({"url": None}, "/url"),
        ({"event_types": ["order.celebrated"]}, "/event_types/0"),
        ({"description": "canary" * 100}, "/description"),
        ({"paused": "canary"}, "/paused"),
        ({"secret": "whsec_canary"}, ""),
    ],
)
async def test_error_for_an_invalid_webhook_endpoint_change_hides_the_input(
    web: WebShop, body: dict[str, Any], pointer: str
) -> None:
    staff = await web.staff()
    made = await endpoint(staff)
    response = await staff.patch(
        f"/v1/webhook-endpoints/{made['id']}", json=body, headers={"If-Match": '"v1"'}
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
    assert "canary" not in response.text


async def user_id(client: httpx2.AsyncClient) -> str:
    return str((await client.get("/v1/me")).json()["id"])


async def test_retry_of_an_endpoint_transfer_keeps_the_owner_of_a_later_transfer(web: WebShop) -> None:
    admin, bob, carl = await web.admin(), await user_id(await web.staff()), await user_id(await web.staff())
    made = await endpoint(admin)
    path, first = f"/v1/webhook-endpoints/{made['id']}/transfer", key("transfer")
    answer = await admin.post(path, json={"owner_id": bob}, headers=first)
    await admin.post(path, json={"owner_id": carl})
    retry = await admin.post(path, json={"owner_id": bob}, headers=first)
    assert (retry.status_code, retry.json()) == (200, answer.json())
    assert retry.headers["Idempotent-Replayed"] == "true"
    assert (await admin.get(f"/v1/webhook-endpoints/{made['id']}")).json()["owner_id"] == carl
    other = await admin.post(path, json={"owner_id": carl}, headers=first)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_webhook_endpoint_can_be_transferred_to_a_client(web: WebShop) -> None:
    admin, erp = (
        await web.admin(),
        await web.container.clients.create_client()(
            "erp", [Scope.READ_EVENTS, Scope.WRITE_WEBHOOKS], actor=SOMEBODY
        ),
    )
    path = f"/v1/webhook-endpoints/{(await endpoint(admin))['id']}/transfer"
    answer = await admin.post(path, json={"owner_id": str(erp.client_id)})
    assert (answer.status_code, answer.json()["owner_id"]) == (200, str(erp.client_id))


async def test_endpoint_transfer_requires_an_admin_and_a_new_owner_with_permission(web: WebShop) -> None:
    admin, staff, customer = await web.admin(), await web.staff(), await web.customer()
    path = f"/v1/webhook-endpoints/{(await endpoint(admin))['id']}/transfer"
    owner = {"owner_id": await user_id(staff)}
    assert (await staff.post(path, json=owner)).status_code == 403
    unknown = f"/v1/webhook-endpoints/{uuid4()}/transfer"
    assert (await admin.post(unknown, json=owner)).status_code == 404
    rejected = await admin.post(path, json={"owner_id": await user_id(customer)})
    assert (rejected.status_code, rejected.json()["errors"][0]["pointer"]) == (422, "/owner_id")
