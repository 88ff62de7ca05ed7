"""A webhook endpoint receives events only while the endpoint's owner has permission to read these events."""

import pytest

from application.audit.entry import AuditAction
from application.events.event_types import EVENT_TYPES
from application.users.sign_up import SignUpCommand
from application.webhooks.create_endpoint import CreateEndpointCommand
from application.webhooks.deliver_webhooks import HELD_BACK
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden, ValidationFailed
from domain.shared.ids import ClientId, UserId
from domain.users.permissions import (
    EVENT_PERMISSIONS,
    Permission,
    Role,
    Scope,
    may_read_event,
    permissions_of,
)
from domain.users.user import UserStatus
from domain.webhooks.delivery import DeliveryStatus
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import audit_log
from tests.kit.shop import Shop
from tests.kit.webhooks import Webhooks

URL = "https://ann.example.com/"


@pytest.fixture
def webhooks(shop: Shop) -> Webhooks:
    return Webhooks(shop)


async def staff_member(shop: Shop, name: str = "staff") -> UserId:
    command = SignUpCommand(
        email=sought_email_address(f"{name}@example.com"), password=PASSWORD, role=Role.STAFF, actor=SOMEBODY
    )
    return (await shop.sign_up(command)).result.id


async def change(shop: Shop, user_id: UserId, *, role: Role = Role.STAFF, status: UserStatus) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(user_id)
        assert user is not None
        user.role, user.status = role, status
        await work.users.save(user)
        await work.commit()


def test_subscription_to_each_event_type_requires_permission_to_read_these_events() -> None:
    assert {type_.partition(".")[0] for type_ in EVENT_TYPES} == set(EVENT_PERMISSIONS)
    for type_ in EVENT_TYPES:
        assert not may_read_event(permissions_of({Scope.WRITE_WEBHOOKS}), type_)
        assert may_read_event({Permission.READ_EVENTS}, type_)


@pytest.mark.parametrize("change_to", [(Role.STAFF, UserStatus.DISABLED), (Role.CUSTOMER, UserStatus.ACTIVE)])
async def test_events_are_not_sent_while_the_endpoint_owner_lacks_permission(
    shop: Shop, webhooks: Webhooks, change_to: tuple[Role, UserStatus]
) -> None:
    ann, bob = await staff_member(shop), await staff_member(shop, "bob")
    endpoint = await webhooks.endpoint(URL, "order.placed", actor=Actor(ann, "1"))
    assert endpoint.owner_id == ann
    await change(shop, ann, role=change_to[0], status=change_to[1])
    await shop.order(await shop.product(stock=1))
    await webhooks.work()
    assert webhooks.subscribers.messages == []
    [delivery] = await webhooks.log(endpoint.id)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.PENDING, 0)
    [shown] = (await webhooks.list(after=None, limit=9)).items
    assert shown.blocked_at == shop.clock.now()

    await webhooks.transfer(endpoint.id, owner_id=bob, key=None, actor=SOMEBODY)
    shop.clock.advance(HELD_BACK)
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(URL) == ["order.placed"]
    [shown] = (await webhooks.list(after=None, limit=9)).items
    assert (shown.owner_id, shown.blocked_at) == (bob, None)


async def test_endpoint_owner_who_loses_permission_is_audited_only_once(
    shop: Shop, webhooks: Webhooks
) -> None:
    ann = await staff_member(shop)
    endpoint = await webhooks.endpoint(URL, actor=Actor(ann, "1"))
    await change(shop, ann, status=UserStatus.DISABLED)
    for _ in range(3):
        await shop.product()
        await webhooks.work()
        shop.clock.advance(HELD_BACK)
    await change(shop, ann, status=UserStatus.ACTIVE)
    await webhooks.work()
    recorded = [
        (entry.action, entry.object_id, entry.actor_id, entry.request_id)
        for entry in await audit_log(shop)
        if entry.action in {AuditAction.WEBHOOK_ENDPOINT_BLOCKED, AuditAction.WEBHOOK_ENDPOINT_UNBLOCKED}
    ]
    assert sorted(recorded) == [
        (AuditAction.WEBHOOK_ENDPOINT_BLOCKED, str(endpoint.id), None, "worker"),
        (AuditAction.WEBHOOK_ENDPOINT_UNBLOCKED, str(endpoint.id), None, "worker"),
    ]
    assert webhooks.subscribers.event_types_sent_to(URL).count("product.created") == 3


async def test_admins_get_mail_when_an_endpoint_owner_loses_permission(
    shop: Shop, webhooks: Webhooks
) -> None:
    ann = await staff_member(shop)
    await change(shop, await staff_member(shop, "admin"), role=Role.ADMIN, status=UserStatus.ACTIVE)
    endpoint = await webhooks.endpoint(URL, "product.created", actor=Actor(ann, "1"))
    await change(shop, ann, status=UserStatus.DISABLED)
    for _ in range(2):
        await shop.product()
        await webhooks.work()
        shop.clock.advance(HELD_BACK)
    await shop.deliver_mail()
    [message] = shop.mailbox.messages
    assert (message.to.normalized, message.subject) == ("admin@example.com", "A webhook endpoint is blocked")
    assert f"/v1/webhook-endpoints/{endpoint.id}/transfer" in message.text


async def test_no_mail_about_a_disabled_owner_is_sent_after_an_endpoint_transfer(
    shop: Shop, webhooks: Webhooks
) -> None:
    ann, admin = await staff_member(shop), await staff_member(shop, "admin")
    await change(shop, admin, role=Role.ADMIN, status=UserStatus.ACTIVE)
    endpoint = await webhooks.endpoint(URL, "product.created", actor=Actor(ann, "1"))
    await change(shop, ann, status=UserStatus.DISABLED)
    await shop.product()
    await webhooks.work()
    await webhooks.transfer(endpoint.id, owner_id=admin, key=None, actor=SOMEBODY)
    await shop.deliver_mail()
    assert shop.mailbox.messages == []


async def test_events_for_the_endpoint_of_a_disabled_service_client_are_not_sent(
    shop: Shop, webhooks: Webhooks
) -> None:
    made = await shop.create_client("erp", [Scope.WRITE_WEBHOOKS, Scope.READ_ORDERS], actor=SOMEBODY)
    endpoint = await webhooks.endpoint(URL, "order.placed", actor=Actor(ClientId(made.client_id), "1"))
    await shop.order(await shop.product(stock=1))
    await webhooks.work()
    await shop.disable_client("erp", actor=SOMEBODY)
    await shop.order(await shop.product(stock=1))
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(URL) == ["order.placed"]
    assert sorted(each.status for each in await webhooks.log(endpoint.id)) == ["delivered", "pending"]


async def test_client_can_subscribe_only_to_event_types_of_its_scopes(shop: Shop, webhooks: Webhooks) -> None:
    def command(scopes: set[Scope], *types: str) -> CreateEndpointCommand:
        return CreateEndpointCommand(
            url=URL, event_types=types, permissions=permissions_of(scopes), key=None, actor=SOMEBODY
        )

    with pytest.raises(Forbidden):
        await webhooks.create(command({Scope.WRITE_WEBHOOKS}))
    with pytest.raises(Forbidden):
        await webhooks.create(
            command({Scope.WRITE_WEBHOOKS, Scope.READ_ORDERS}, "order.placed", "user.closed")
        )
    every = (await webhooks.create(command({Scope.WRITE_WEBHOOKS, Scope.READ_ORDERS}))).result
    assert {type_.partition(".")[0] for type_ in every.event_types} == {
        "order",
        "payment",
        "refund",
        "dispute",
        "fulfillment",
        "return",
    }
    assert (await webhooks.create(command({Scope.READ_EVENTS}))).result.event_types == ()


async def test_endpoint_transfer_to_an_unauthorized_owner_is_rejected(shop: Shop, webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(URL, actor=Actor(await staff_member(shop), "1"))
    for owner_id in ((await shop.customer()).id, UserId(shop.ids.new())):
        with pytest.raises(ValidationFailed):
            await webhooks.transfer(endpoint.id, owner_id=owner_id, key=None, actor=SOMEBODY)
