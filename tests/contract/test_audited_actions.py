"""Actions of staff and commands of the operator are audited with the object's id, but without free text."""

from dataclasses import replace

import pytest

from application.audit.entry import AuditAction
from application.catalog.change_product import ChangeProductCommand
from application.catalog.count_stock import CountStockCommand
from application.catalog.plan_import import CatalogRow
from application.orders.access import OrderAccess
from application.signing.ports import SigningKey
from application.signing.rotate_key import RotateKey
from application.webhooks.create_endpoint import CreateEndpointCommand
from domain.catalog.product import ProductChanges
from domain.sessions.session import GRACE
from domain.shared.actor import Actor
from domain.shared.ids import UserId
from domain.shared.money import Money
from domain.users.permissions import Permission
from tests.kit.auditing import actions, audit_log, entry_of
from tests.kit.shop import Shop
from tests.kit.webhooks import Webhooks


@pytest.fixture
def staff(shop: Shop) -> Actor:
    return Actor(UserId(shop.ids.new()), "request-of-staff")


async def test_catalog_changes_by_staff_are_audited(shop: Shop, staff: Actor) -> None:
    mug = await shop.product(sku="MUG", price=1999, stock=5)
    changes = ProductChanges(price=Money(2499, "EUR"))
    command = ChangeProductCommand(
        product_id=mug.id, expected_version=mug.version, changes=changes, actor=staff
    )
    changed = await shop.change_product(command)
    await shop.archive_product(mug.id, expected_version=changed.version, actor=staff)
    archived, repriced = await audit_log(shop, action=AuditAction.PRODUCT_CHANGED)
    details = {repriced.details["status"]: repriced, archived.details["status"]: archived}
    assert {entry.actor_id for entry in details.values()} == {staff.id}
    assert details["active"].details == {"sku": "MUG", "price": "2499 EUR", "status": "active"}
    assert details["archived"].object_id == str(mug.id)
    created = await entry_of(shop, AuditAction.PRODUCT_CREATED)
    assert (created.object_id, created.details["price"]) == (str(mug.id), "1999 EUR")
    assert AuditAction.STOCK_ADJUSTED not in await actions(shop)


async def test_each_product_of_a_catalog_import_is_audited_with_the_actor_of_the_import(shop: Shop) -> None:
    changes = ProductChanges(name="Mug", price=Money(100, "EUR"))
    row = CatalogRow(line=2, sku="MUG", changes=changes, initial_stock=3)
    await shop.import_rows(row, replace(row, sku="CUP"), actor=Actor(None, "catalogue import"))
    created = await audit_log(shop, action=AuditAction.PRODUCT_CREATED)
    assert {(entry.request_id, entry.details["sku"]) for entry in created} == {
        ("catalogue import", "MUG"),
        ("catalogue import", "CUP"),
    }


async def test_stock_changes_are_audited_only_if_made_by_staff(shop: Shop, staff: Actor) -> None:
    mug = await shop.product(stock=5)
    await shop.order(mug)
    stock = await shop.get_stock(mug.id)
    await shop.count_stock(
        CountStockCommand(
            product_id=mug.id, on_hand=9, reason="Canary", expected_version=stock.version, actor=staff
        )
    )
    await shop.adjust_stock(replace(shop.commands.adjust_stock((mug, -2)), note="Canary", actor=staff))
    counted = await entry_of(shop, AuditAction.STOCK_COUNTED)
    assert (counted.actor_id, counted.object_id) == (staff.id, str(mug.id))
    assert counted.details == {"reason": "count", "on_hand_delta": 4, "on_hand": 9}
    adjusted = await entry_of(shop, AuditAction.STOCK_ADJUSTED)
    assert adjusted.details == {"reason": "correction", "on_hand_delta": -2, "on_hand": 7}


async def test_order_actions_by_staff_are_audited(shop: Shop, staff: Actor) -> None:
    mug = await shop.product(stock=5, price=1000)
    waiting, paid = await shop.order(mug), await shop.order(mug)
    await shop.pay(paid)
    await shop.cancel_order(replace(shop.commands.cancel_order(waiting), reason="Canary", actor=staff))
    await shop.fulfill_order(replace(shop.commands.fulfill_order(paid), actor=staff))
    refund = (await shop.refund_order(replace(shop.commands.refund_order(paid, 300), actor=staff))).result
    cancelled = await entry_of(shop, AuditAction.ORDER_CANCELLED)
    assert (cancelled.actor_id, cancelled.object_id) == (staff.id, str(waiting.id))
    assert cancelled.details == {"number": waiting.number}
    shipped = await entry_of(shop, AuditAction.ORDER_FULFILLED)
    assert shipped.object_id == str(paid.id)
    assert set(shipped.details) == {"number", "fulfillment_id"}
    refunded = await entry_of(shop, AuditAction.ORDER_REFUNDED)
    assert refunded.details == {"number": paid.number, "refund_id": str(refund.id), "amount": "300 EUR"}


async def test_order_actions_by_customers_are_not_audited(
    shop: Shop,
) -> None:
    ann, mug = await shop.customer(), await shop.product(stock=5)
    mine, paid = await shop.order(mug, customer=ann), await shop.order(mug, customer=ann)
    await shop.pay(paid)
    for order in (mine, paid):
        await shop.cancel_order(
            replace(
                shop.commands.cancel_order(order), access=OrderAccess.own(ann.id), actor=Actor(ann.id, "1")
            )
        )
    await shop.order(mug)
    shop.clock.advance(shop.batch().hold)
    assert await shop.expire() == 1
    await shop.settle()
    assert await actions(shop) == {AuditAction.USER_SIGNED_UP, AuditAction.PRODUCT_CREATED}


async def test_webhook_audit_entries_hide_secrets_in_urls(shop: Shop, staff: Actor) -> None:
    webhooks = Webhooks(shop)
    url = "https://hooks.example.com/canary?token=canary"
    endpoint = (
        await webhooks.create(
            CreateEndpointCommand(
                url=url, event_types=(), permissions=frozenset(Permission), key=None, actor=staff
            )
        )
    ).result
    await shop.product()
    await webhooks.work()
    [delivery] = await webhooks.log(endpoint.id)
    await webhooks.retry(endpoint.id, delivery.id, key=None, actor=staff)
    await webhooks.delete(endpoint.id, actor=staff)
    created = await entry_of(shop, AuditAction.WEBHOOK_ENDPOINT_CREATED)
    assert (created.actor_id, created.object_id) == (staff.id, str(endpoint.id))
    assert created.details == {"host": "hooks.example.com"}
    retried = await entry_of(shop, AuditAction.WEBHOOK_DELIVERY_RETRIED)
    assert (retried.object_id, retried.details) == (
        str(delivery.id),
        {"endpoint_id": str(endpoint.id), "event_type": "product.created"},
    )
    deleted = await entry_of(shop, AuditAction.WEBHOOK_ENDPOINT_DELETED)
    assert deleted.object_id == str(endpoint.id)


async def test_signing_key_rotation_is_audited_with_the_signing_key_id(shop: Shop) -> None:
    rotate = RotateKey(
        shop.store.signing_keys,
        lambda signs_from: SigningKey("kid-1", b"canary", signs_from),
        shop.clock,
        shop.ids,
        GRACE,
    )
    await rotate(actor=Actor(None, "keys rotate"), distrust_former=True)
    entry = await entry_of(shop, AuditAction.SIGNING_KEY_ROTATED)
    assert (entry.request_id, entry.object_id) == ("keys rotate", "kid-1")
    assert entry.details == {"former": "distrusted"}
