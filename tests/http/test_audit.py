from typing import Any

import pytest

from domain.users.permissions import Role
from tests.http.test_authorization import authorized_as
from tests.kit.openapi import Operation, operations
from tests.kit.samples import SampleShop
from tests.kit.web import PASSWORD, WebShop

NOT_AUDITED = {
    "place_order": "the order's history records it, and an entry would make placing orders more expensive",
    "preview_order": "it changes nothing",
    "change_order": "the order's history records it",
    "claim_guest_orders": "the orders' history records it",
    "pay_order": "the order's history records it",
    "receive_provider_message": "the order's history records it",
    "request_return": "events and the return itself record it; only receiving it moves money and stock",
    "approve_return": "events and the return itself record it; only receiving it moves money and stock",
    "refuse_return": "events and the return itself record it; only receiving it moves money and stock",
    "request_password_reset": "the account is looked up later, by the mail worker; the reset itself is audited",
}
"""Operations that change data without an audit entry, each with the reason."""
WRITES = [operation for operation in operations() if operation.method != "GET"]


async def audit_log(web: WebShop, **query: str) -> list[dict[str, Any]]:
    admin = await web.admin()
    response = await admin.get("/v1/audit", params={"limit": "100", **query})
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_audit_entry_shows_the_actor_and_the_action_and_the_request(web: WebShop) -> None:
    staff = await web.staff()
    body = {"sku": "MUG", "name": "Mug", "price": {"amount": 1999, "currency": "EUR"}}
    created = await staff.post("/v1/products", json=body, headers={"X-Request-Id": "request-7"})
    [entry] = await audit_log(web, action="product.created")
    me = (await staff.get("/v1/me")).json()
    assert entry.pop("id")
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "actor_id": me["id"],
        "request_id": "client:request-7",
        "action": "product.created",
        "object_type": "product",
        "object_id": created.json()["id"],
        "details": {"sku": "MUG", "price": "1999 EUR", "status": "active"},
    }


@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.id)
async def test_every_write_operation_is_audited_or_listed_as_exempt(
    web: WebShop, operation: Operation
) -> None:
    owner = await SampleShop.of(web, Role.CUSTOMER)
    sample = await owner.sample(operation)
    if operation.needs_token and not operation.path.startswith("/v1/me"):
        sample = authorized_as(sample, owner.operator)
    request_id = f"request-of-{operation.id}"
    response = await sample.send(web, X_Request_Id=request_id)
    assert response.is_success, response.text
    entries = [entry for entry in await audit_log(web) if entry["request_id"] == f"client:{request_id}"]
    assert bool(entries) is (operation.id not in NOT_AUDITED)


def test_audit_exemptions_refer_to_existing_operations() -> None:
    assert NOT_AUDITED.keys() <= {operation.id for operation in WRITES}


async def test_next_page_of_a_filtered_audit_log_has_the_same_filter(web: WebShop) -> None:
    admin = await web.admin()
    for _ in range(3):
        await web.anonymous.post("/token", data={"username": "ann@example.com", "password": PASSWORD})
    query = {"action": "user.log_in_refused", "limit": "2"}
    first = await admin.get("/v1/audit", params=query)
    assert [len(first.json()["items"]), first.json()["next_cursor"] is None] == [2, False]
    rest = (await admin.get(first.links["next"]["url"])).json()
    assert [len(rest["items"]), rest["next_cursor"]] == [1, None]
    seen = [entry["id"] for entry in first.json()["items"] + rest["items"]]
    assert len(set(seen)) == 3
    assert {entry["details"]["address"] for entry in rest["items"]} == {"a***@e***"}
    cursor = first.json()["next_cursor"]
    other = await admin.get("/v1/audit", params={"action": "session.started", "cursor": cursor})
    assert (other.status_code, other.json()["code"]) == (400, "invalid_cursor")


async def test_audit_log_route_can_filter_by_actor_by_object_and_by_time(web: WebShop) -> None:
    staff = await web.staff()
    me = (await staff.get("/v1/me")).json()["id"]
    product = await web.product()
    assert {entry["actor_id"] for entry in await audit_log(web, actor_id=me)} == {me}
    [created] = await audit_log(web, object_id=product["id"])
    assert await audit_log(web, object_id=product["id"], created_after=created["at"]) == [created]
    assert await audit_log(web, object_id=product["id"], created_before=created["at"]) == []


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("actor_id", "ann"), ("action", "user.sang"), ("object_id", ""), ("created_after", "yesterday")],
)
async def test_invalid_audit_filter_is_rejected(web: WebShop, parameter: str, value: str) -> None:
    admin = await web.admin()
    response = await admin.get("/v1/audit", params={parameter: value})
    assert (response.status_code, response.json()["errors"][0]["parameter"]) == (422, parameter)


async def test_demoted_admin_cannot_read_the_audit_log(web: WebShop) -> None:
    """The token still contains the role admin, but the service reads the current role from the database."""
    boss, former = await web.admin(), await web.admin()
    me = await former.get("/v1/me")
    assert (await former.get("/v1/audit")).status_code == 200
    account = f"/v1/users/{me.json()['id']}"
    dismissed = await boss.patch(account, json={"role": "staff"}, headers={"If-Match": me.headers["ETag"]})
    assert dismissed.status_code == 200
    assert (await former.get("/v1/audit")).status_code == 403
