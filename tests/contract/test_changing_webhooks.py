"""Changing, pausing and resuming webhook endpoints."""

import asyncio

import pytest

from application.audit.entry import AuditAction
from application.events.event_types import EVENT_TYPES
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden, NotFound, PreconditionFailed, ValidationFailed
from domain.shared.ids import ClientId, EndpointId
from domain.users.permissions import Scope, permissions_of
from domain.webhooks.endpoint import EndpointChanges
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import audit_log, entry_of
from tests.kit.shop import Shop
from tests.kit.webhooks import Webhooks

ANN, BOB = "https://ann.example.com/", "https://bob.example.com/hook?for=bob"


@pytest.fixture
def webhooks(shop: Shop) -> Webhooks:
    return Webhooks(shop)


async def test_endpoint_change_is_stored_and_increments_the_version(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    changes = EndpointChanges(url=BOB, event_types=["order.placed"], description="ERP")
    changed = await webhooks.edit(endpoint, changes)
    assert (changed.url, changed.event_types, changed.description) == (BOB, ("order.placed",), "ERP")
    assert changed.version == endpoint.version + 1
    assert (await webhooks.list(after=None, limit=9)).items == (changed,)


async def test_endpoint_change_does_not_affect_fields_that_the_request_omits(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN, "order.placed")
    described = await webhooks.edit(endpoint, EndpointChanges(description="ERP"))
    changed = await webhooks.edit(described, EndpointChanges(paused=True))
    assert (changed.url, changed.event_types, changed.description) == (ANN, ("order.placed",), "ERP")
    await webhooks.edit(changed, EndpointChanges(paused=False))
    await webhooks.shop.order(await webhooks.shop.product(stock=1))
    await webhooks.work()
    assert {message.secrets for message in webhooks.subscribers.messages} == {(b"s" * 32,)}


async def test_waiting_events_are_sent_to_the_new_url_of_the_endpoint(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    await webhooks.shop.product()
    await webhooks.relay(limit=100)
    await webhooks.edit(endpoint, EndpointChanges(url=BOB))
    await webhooks.work()
    assert [message.url for message in webhooks.subscribers.messages] == [BOB]


async def test_endpoint_change_with_a_stale_version_is_rejected(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    await webhooks.edit(endpoint, EndpointChanges(description="ERP"))
    with pytest.raises(PreconditionFailed) as failure:
        await webhooks.edit(endpoint, EndpointChanges(url=BOB))
    assert failure.value.current_version == endpoint.version + 1


async def test_only_one_of_several_concurrent_endpoint_changes_succeeds(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    outcomes = await asyncio.gather(
        *(webhooks.edit(endpoint, EndpointChanges(description=str(number))) for number in range(2)),
        return_exceptions=True,
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(failure) for failure in failures] == [PreconditionFailed]


async def test_transfer_of_a_webhook_endpoint_increments_the_endpoint_version(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    made = await webhooks.shop.create_client("erp", [Scope.READ_EVENTS], actor=SOMEBODY)
    owner = ClientId(made.client_id)
    transferred = (await webhooks.transfer(endpoint.id, owner_id=owner, key=None, actor=SOMEBODY)).result
    assert transferred.version == endpoint.version + 1
    with pytest.raises(PreconditionFailed):
        await webhooks.edit(endpoint, EndpointChanges(url=BOB))


async def test_invalid_endpoint_change_is_rejected(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    for url in ("http://ann.example.com/", "https://user:canary@ann.example.com/"):
        with pytest.raises(ValidationFailed):
            await webhooks.edit(endpoint, EndpointChanges(url=url))
    with pytest.raises(ValidationFailed):
        await webhooks.edit(endpoint, EndpointChanges(description="x" * 501))
    assert (await webhooks.list(after=None, limit=9)).items[0].version == endpoint.version


async def test_unknown_endpoint_cannot_be_changed(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN)
    await webhooks.delete(EndpointId(endpoint.id), actor=SOMEBODY)
    with pytest.raises(NotFound):
        await webhooks.edit(endpoint, EndpointChanges(paused=True))


async def test_endpoint_change_to_a_forbidden_event_type_is_rejected(
    webhooks: Webhooks,
) -> None:
    made = await webhooks.shop.create_client("erp", [Scope.WRITE_WEBHOOKS, Scope.READ_ORDERS], actor=SOMEBODY)
    endpoint = await webhooks.endpoint(ANN, "order.placed", actor=Actor(ClientId(made.client_id), "1"))
    with pytest.raises(Forbidden):
        await webhooks.edit(endpoint, EndpointChanges(event_types=["user.closed"]))
    changed = await webhooks.edit(endpoint, EndpointChanges(event_types=[]))
    assert {type_.partition(".")[0] for type_ in changed.event_types} >= {"order", "payment"}
    assert set(changed.event_types) < set(EVENT_TYPES)


async def test_endpoint_change_requires_permission_to_read_the_subscribed_events(webhooks: Webhooks) -> None:
    """Some programs may manage webhooks, but may not read events. Without this rule, such a program could redirect
    events to its own URL.
    """
    endpoint = await webhooks.endpoint(ANN)
    only_orders = permissions_of({Scope.WRITE_WEBHOOKS, Scope.READ_ORDERS})
    for changes in (EndpointChanges(url=BOB), EndpointChanges(event_types=["user.closed"])):
        with pytest.raises(Forbidden):
            await webhooks.edit(endpoint, changes, only_orders)
    narrowed = await webhooks.edit(endpoint, EndpointChanges(event_types=["order.placed"]), only_orders)
    assert (await webhooks.edit(narrowed, EndpointChanges(url=BOB), only_orders)).url == BOB


async def test_paused_endpoint_receives_waiting_events_after_resumption(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN, "product.created")
    paused = await webhooks.edit(endpoint, EndpointChanges(paused=True))
    assert (paused.paused, paused.paused_at) == (True, webhooks.shop.clock.now())
    await webhooks.shop.product()
    await webhooks.work()
    assert webhooks.subscribers.messages == []
    again = await webhooks.edit(paused, EndpointChanges(paused=True))
    resumed = await webhooks.edit(again, EndpointChanges(paused=False))
    assert (resumed.paused, resumed.paused_at) == (False, None)
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(ANN) == ["product.created"]


async def test_endpoint_pause_and_resumption_record_events(webhooks: Webhooks) -> None:
    endpoint, watching = await webhooks.endpoint(ANN), await webhooks.endpoint(BOB)
    paused = await webhooks.edit(endpoint, EndpointChanges(paused=True))
    await webhooks.edit(paused, EndpointChanges(paused=False))
    await webhooks.edit(watching, EndpointChanges(description="no event"))
    await webhooks.work()
    events = [message.event for message in webhooks.subscribers.messages if message.url == BOB]
    assert [event["type"] for event in events] == ["webhook_endpoint.paused", "webhook_endpoint.resumed"]
    assert {event["subject"] for event in events} == {f"webhook_endpoint/{paused.id}"}
    owner = str(paused.owner_id) if paused.owner_id else None
    assert events[0]["data"] == {"owner_id": owner, "reason": "requested", "failing_since": None}
    assert events[1]["data"] == {"owner_id": owner}


async def test_audit_entries_of_endpoint_changes_do_not_contain_the_path_of_the_url(
    webhooks: Webhooks,
) -> None:
    endpoint = await webhooks.endpoint(ANN)
    changes = EndpointChanges(url="https://bob.example.com/canary", description="canary", paused=True)
    paused = await webhooks.edit(endpoint, changes)
    await webhooks.edit(paused, EndpointChanges(paused=False))
    changed = await audit_log(webhooks.shop, action=AuditAction.WEBHOOK_ENDPOINT_CHANGED)
    assert [entry.details for entry in changed] == [{"host": "bob.example.com"}] * 2
    entry = await entry_of(webhooks.shop, AuditAction.WEBHOOK_ENDPOINT_PAUSED)
    assert (entry.object_id, entry.details) == (str(endpoint.id), {"reason": "requested"})
    resumed = await entry_of(webhooks.shop, AuditAction.WEBHOOK_ENDPOINT_RESUMED)
    assert resumed.object_id == str(endpoint.id)
