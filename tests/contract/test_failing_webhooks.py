"""An endpoint that fails for days is paused.

The pause results in an event, an audit entry, and mail to people who can resume the endpoint.
"""

from datetime import timedelta

import pytest

from application.audit.entry import AuditAction
from application.users.sign_up import SignUpCommand
from application.webhooks.create_endpoint import CreateEndpointCommand
from application.webhooks.deliver_webhooks import LEASE
from application.webhooks.views import EndpointView
from domain.shared.actor import Actor
from domain.shared.ids import ClientId, UserId
from domain.users.permissions import Permission, Role, Scope
from domain.webhooks.delivery import Attempt
from domain.webhooks.endpoint import EndpointChanges
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import audit_log, entry_of
from tests.kit.shop import Shop
from tests.kit.webhooks import PAUSE_AFTER, Webhooks

URL, WATCHER = "https://ann.example.com/hook?token=canary", "https://bob.example.com/"
DAY = timedelta(days=1)


@pytest.fixture
def webhooks(shop: Shop) -> Webhooks:
    return Webhooks(shop)


async def account(shop: Shop, name: str, role: Role) -> UserId:
    email = sought_email_address(f"{name}@example.com")
    command = SignUpCommand(email=email, password=PASSWORD, role=role, actor=SOMEBODY)
    return (await shop.sign_up(command)).result.id


async def fail_for(webhooks: Webhooks, period: timedelta) -> None:
    """Publish one event per day, and attempt the due deliveries."""
    webhooks.subscribers.answers[URL] = 500
    end = webhooks.shop.clock.now() + period
    while webhooks.shop.clock.now() < end:
        await webhooks.shop.product()
        await webhooks.work()
        webhooks.shop.clock.advance(DAY)
    await webhooks.shop.product()
    await webhooks.work()


async def shown(webhooks: Webhooks, endpoint: EndpointView) -> EndpointView:
    return next(one for one in (await webhooks.list(after=None, limit=9)).items if one.id == endpoint.id)


async def mail_of(shop: Shop) -> list[tuple[str, str]]:
    await shop.deliver_mail()
    return [(message.to.normalized, message.subject) for message in shop.mailbox.messages]


PAUSED_MAIL = "A webhook endpoint is paused"


async def test_endpoint_that_fails_for_days_is_paused(shop: Shop, webhooks: Webhooks) -> None:
    ann = await account(shop, "ann", Role.STAFF)
    endpoint = await webhooks.endpoint(URL, "product.created", actor=Actor(ann, "1"))
    await webhooks.endpoint(WATCHER, "webhook_endpoint.paused")
    failing_since = shop.clock.now()
    await fail_for(webhooks, PAUSE_AFTER - DAY)
    assert not (await shown(webhooks, endpoint)).paused
    shop.clock.advance(DAY)
    await webhooks.work()
    paused = await shown(webhooks, endpoint)
    assert (paused.paused_at, paused.version) == (shop.clock.now(), endpoint.version + 1)
    await webhooks.work()
    [message] = [message for message in webhooks.subscribers.messages if message.url == WATCHER]
    assert message.event["data"] == {
        "owner_id": str(ann),
        "reason": "failing",
        "failing_since": failing_since.isoformat().replace("+00:00", "Z"),
    }
    entry = await entry_of(shop, AuditAction.WEBHOOK_ENDPOINT_PAUSED)
    assert (entry.actor_id, entry.request_id, entry.details) == (None, "worker", {"reason": "failing"})
    assert await mail_of(shop) == [("ann@example.com", PAUSED_MAIL)]
    text = shop.mailbox.messages[0].text
    assert (str(endpoint.id) in text, "ann.example.com" in text, "canary" in text) == (True, True, False)


async def test_paused_endpoint_gets_no_delivery_until_it_is_resumed(shop: Shop, webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(URL, "product.created")
    await fail_for(webhooks, PAUSE_AFTER)
    attempts = len(webhooks.subscribers.messages)
    shop.clock.advance(DAY)
    await webhooks.work()
    assert len(webhooks.subscribers.messages) == attempts
    del webhooks.subscribers.answers[URL]
    await webhooks.edit(await shown(webhooks, endpoint), EndpointChanges(paused=False))
    await webhooks.work()
    assert {one.status for one in await webhooks.log(endpoint.id)} == {"delivered"}
    await fail_for(webhooks, PAUSE_AFTER - DAY)
    assert not (await shown(webhooks, endpoint)).paused


async def test_pause_of_a_failing_endpoint_is_postponed_by_a_successful_delivery(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(URL, "product.created")
    await fail_for(webhooks, PAUSE_AFTER - DAY)
    del webhooks.subscribers.answers[URL]
    await webhooks.shop.product()
    await webhooks.work()
    webhooks.shop.clock.advance(DAY)
    await fail_for(webhooks, PAUSE_AFTER - DAY)
    assert not (await shown(webhooks, endpoint)).paused


async def test_delivery_by_a_former_release_postpones_the_pause_of_an_endpoint(
    webhooks: Webhooks,
) -> None:
    """After a successful delivery, the former release keeps the stored time of the first failure.

    The current release nevertheless postpones the pause.
    """
    endpoint = await webhooks.endpoint(URL, "product.created")
    await fail_for(webhooks, DAY)
    webhooks.shop.clock.advance(DAY)
    queue, now = webhooks.shop.store.delivery_queue, webhooks.shop.clock.now()
    due = await queue.take(now=now, until=now + LEASE, limit=1)
    assert due is not None
    due.deliveries[0].delivery.note(Attempt(now, 204, None), jitter=0)
    await queue.note(due.deliveries[0].delivery)
    await queue.give_back(due, now=now)
    await fail_for(webhooks, PAUSE_AFTER)
    assert not (await shown(webhooks, endpoint)).paused
    await fail_for(webhooks, PAUSE_AFTER)
    assert (await shown(webhooks, endpoint)).paused


async def test_pause_of_a_failing_endpoint_is_postponed_by_a_change_of_the_url(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(WATCHER, "product.created")
    webhooks.subscribers.answers[WATCHER] = 500
    await fail_for(webhooks, PAUSE_AFTER - DAY)
    await webhooks.edit(endpoint, EndpointChanges(url=URL))
    await fail_for(webhooks, PAUSE_AFTER - DAY)
    assert not (await shown(webhooks, endpoint)).paused


async def test_admins_get_mail_about_a_paused_endpoint_of_a_service_client(
    shop: Shop, webhooks: Webhooks
) -> None:
    await account(shop, "admin", Role.ADMIN)
    await account(shop, "staff", Role.STAFF)
    made = await shop.create_client("erp", [Scope.WRITE_WEBHOOKS, Scope.READ_EVENTS], actor=SOMEBODY)
    command = CreateEndpointCommand(
        url=URL,
        event_types=["product.created"],
        permissions=frozenset(Permission),
        key=None,
        actor=Actor(ClientId(made.client_id), "1"),
    )
    await webhooks.create(command)
    await fail_for(webhooks, PAUSE_AFTER)
    assert await mail_of(shop) == [("admin@example.com", PAUSED_MAIL)]


async def test_mail_about_an_endpoint_pause_is_discarded_after_the_endpoint_is_resumed(
    shop: Shop, webhooks: Webhooks
) -> None:
    ann = await account(shop, "ann", Role.STAFF)
    endpoint = await webhooks.endpoint(URL, "product.created", actor=Actor(ann, "1"))
    await fail_for(webhooks, PAUSE_AFTER)
    await webhooks.edit(await shown(webhooks, endpoint), EndpointChanges(paused=False))
    assert await mail_of(shop) == []
    resumed = await audit_log(shop, action=AuditAction.WEBHOOK_ENDPOINT_RESUMED)
    assert [entry.object_id for entry in resumed] == [str(endpoint.id)]


async def test_closed_account_gets_no_mail_about_a_paused_endpoint(shop: Shop, webhooks: Webhooks) -> None:
    ann = await account(shop, "ann", Role.STAFF)
    await webhooks.endpoint(URL, "product.created", actor=Actor(ann, "1"))
    await fail_for(webhooks, PAUSE_AFTER)
    async with shop.store.unit_of_work() as work:
        user = await work.users.get(ann)
        assert user is not None
        await work.personal_data.erase(user)
        await work.commit()
    assert await mail_of(shop) == []
