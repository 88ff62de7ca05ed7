"""A client can choose its request id, but not the recorded actor."""

import json
from io import StringIO

import pytest

from entrypoints.worker import _ACTOR as WORKER
from tests.attacks.conftest import ChangeDetector
from tests.kit.web import WebShop, key, order_body


@pytest.mark.parametrize("name", [WORKER.request_id, "make_room", "cli", "clients.create", "0" * 32])
async def test_request_id_chosen_by_a_client_gets_a_prefix_in_records_and_logs(
    web: WebShop, detector: ChangeDetector, log: StringIO, name: str
) -> None:
    admin, mug = await web.admin(), await web.product()
    given = {"X-Request-Id": name}
    order = await admin.post("/v1/orders", json=order_body((mug, 1)), headers=given | key("1"))
    address = order.headers["Location"]
    await admin.post(f"{address}/cancel", json={}, headers=given | key("2"))
    await admin.delete(f"/v1/products/{mug['id']}", headers=given | {"If-Match": '"v1"'})
    assert order.headers["X-Request-Id"] == name

    history = (await admin.get(f"{address}/history")).json()["items"]
    ledger = (await admin.get(f"/v1/stock/{mug['id']}/ledger")).json()["items"]
    audit = [entry for entry in detector.audit_entries() if "client" in entry.actor.request_id]
    assert {change["request_id"] for change in history} == {f"client:{name}"}
    assert {change["actor_id"] for change in history} == {(await admin.get("/v1/me")).json()["id"]}
    assert [movement["request_id"] for movement in ledger].count(f"client:{name}") == 2
    assert audit
    assert {entry.actor.request_id for entry in audit} == {f"client:{name}"}
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert name not in {line.get("request_id") for line in lines}
    assert f"client:{name}" in {line.get("request_id") for line in lines}


@pytest.mark.parametrize("name", ["client:worker", "worker\t", "wörker", "a" * 65])
async def test_response_to_a_malformed_request_id_has_a_generated_request_id(web: WebShop, name: str) -> None:
    response = await web.anonymous.get("/livez", headers={b"X-Request-Id": name.encode()})
    assert len(response.headers["X-Request-Id"]) == 32
