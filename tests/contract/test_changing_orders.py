"""An order's shipping address, note and metadata can be changed until shipping begins."""

from dataclasses import replace

import pytest

from application.orders.access import OrderAccess
from application.orders.views import OrderView
from domain.orders.address import Address
from domain.orders.lifecycle import Action, InvalidTransition
from domain.shared.actor import Actor
from domain.shared.errors import NotFound, PreconditionFailed, ValidationFailed
from tests.invariants import assert_invariants, history
from tests.kit.shop import Shop, owner_of

ADDRESS = Address(
    name="Ann Example",
    line1="1 High Street",
    line2=None,
    city="Dublin",
    region=None,
    postal_code="D01 F5P2",
    country="IE",
)


async def an_order(shop: Shop) -> OrderView:
    """Return an order of two mugs with a shipping address, a note and two entries of metadata."""
    placing = shop.commands.place_order((await shop.product(stock=5), 2), customer=await shop.customer())
    request = replace(
        placing.request, shipping_address=ADDRESS, note="Ring twice", metadata={"cart": "1", "gift": "no"}
    )
    return (await shop.place_order(replace(placing, request=request))).result


async def test_changed_order_details_are_stored_with_a_history_entry(shop: Shop) -> None:
    order = await an_order(shop)
    moved = replace(ADDRESS, line1="2 Low Street", line2="Flat 3")
    changing = shop.commands.change_order(
        order, address=moved, note=None, metadata={"gift": "yes", "cart": None, "ribbon": "red"}
    )
    changer = Actor(order.customer_id, "request-7")
    changed = (await shop.change_order(replace(changing, actor=changer))).result
    assert changed == await shop.current_order(order)
    assert (changed.shipping_address, changed.note) == (moved, None)
    assert changed.metadata == {"gift": "yes", "ribbon": "red"}
    assert changed.version == order.version + 1
    last = (await history(shop, order))[-1]
    assert (last.action, last.source, last.target) == (Action.CHANGE, order.status, order.status)
    assert last.reason == "shipping_address, note, metadata"
    assert (last.actor_id, last.request_id) == (changer.id, changer.request_id)
    assert (await shop.store.outbox.counts())["order.changed"] == 1
    await assert_invariants(shop)


async def test_order_change_does_not_affect_fields_that_the_request_omits(shop: Shop) -> None:
    order = await an_order(shop)
    changed = (await shop.change_order(shop.commands.change_order(order, note="Ring once"))).result
    assert changed == replace(
        order, note="Ring once", version=order.version + 1, updated_at=changed.updated_at
    )
    cleared = (
        await shop.change_order(shop.commands.change_order(changed, address=None, metadata=None))
    ).result
    assert (cleared.shipping_address, cleared.note, cleared.metadata) == (None, "Ring once", {})


async def test_order_change_to_equal_values_leaves_the_order_history_unchanged(shop: Shop) -> None:
    order = await an_order(shop)
    same = shop.commands.change_order(
        order, address=ADDRESS, note="Ring twice", metadata={"cart": "1", "other": None}
    )
    assert (await shop.change_order(same)).result == order
    assert len(await history(shop, order)) == 1
    assert (await shop.store.outbox.counts())["order.changed"] == 0


async def test_order_change_with_a_stale_version_is_rejected(shop: Shop) -> None:
    order = await an_order(shop)
    await shop.pay(order)
    with pytest.raises(PreconditionFailed) as rejected:
        await shop.change_order(shop.commands.change_order(order, note="Ring once"))
    assert rejected.value.current_version == (await shop.current_order(order)).version
    await shop.change_order(shop.commands.change_order(await shop.current_order(order), note="Ring once"))
    assert (await shop.current_order(order)).note == "Ring once"


async def test_retry_of_an_order_change_is_replayed_even_after_a_later_change(shop: Shop) -> None:
    order = await an_order(shop)
    changing = shop.commands.change_order(order, note="Ring once")
    first = await shop.change_order(changing)
    await shop.pay(order)
    again = await shop.change_order(changing)
    assert (again.replayed, again.result) == (True, first.result)
    assert len([c for c in await history(shop, order) if c.action is Action.CHANGE]) == 1


@pytest.mark.parametrize("access", ["owner", "staff"])
async def test_order_cannot_be_changed_after_shipping_begins(shop: Shop, access: str) -> None:
    order = await an_order(shop)
    await shop.pay(order)
    await shop.fulfil(await shop.current_order(order), 1)
    shipped = await shop.current_order(order)
    caller = owner_of(order) if access == "owner" else OrderAccess.all()
    with pytest.raises(InvalidTransition) as rejected:
        await shop.change_order(shop.commands.change_order(shipped, note="Ring once", access=caller))
    assert rejected.value.params["action"] == "change"
    assert Action.CHANGE not in shipped.allowed_actions
    assert await shop.current_order(order) == shipped


async def test_canceled_order_cannot_be_changed(shop: Shop) -> None:
    cancelled = await shop.cancel(await an_order(shop))
    with pytest.raises(InvalidTransition):
        await shop.change_order(shop.commands.change_order(cancelled, note="Ring once"))


async def test_order_of_another_customer_cannot_be_changed(shop: Shop) -> None:
    order = await an_order(shop)
    stranger = OrderAccess.own((await shop.customer()).id)
    with pytest.raises(NotFound):
        await shop.change_order(shop.commands.change_order(order, note="Mine", access=stranger))
    assert await shop.current_order(order) == order


async def test_order_change_is_rejected_if_the_merged_metadata_has_more_than_50_entries(shop: Shop) -> None:
    order = await an_order(shop)
    with pytest.raises(ValidationFailed) as rejected:
        await shop.change_order(
            shop.commands.change_order(order, metadata={f"key-{n}": "x" for n in range(49)})
        )
    assert [(v.path, v.code) for v in rejected.value.violations] == [(("metadata",), "too_many")]
    await shop.change_order(shop.commands.change_order(order, metadata={f"key-{n}": "x" for n in range(48)}))
    assert len((await shop.current_order(order)).metadata) == 50
