"""Writing and reading the audit log, in memory and on PostgreSQL."""

from datetime import timedelta

import pytest

from application.audit.entry import AuditAction
from application.audit.ports import AuditFilter
from application.retention.prune import BATCH_SIZE, Prune
from application.users.ports import EmailTaken
from domain.shared.actor import Actor
from domain.shared.ids import UserId
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import actions, audit_log
from tests.kit.examples import a_user
from tests.kit.pages import pages
from tests.kit.shop import Shop

DAY = timedelta(days=1)


async def record(
    shop: Shop, *actions: AuditAction, actor: Actor = SOMEBODY, object_id: str | None = None
) -> None:
    """Record one action per day."""
    for action in actions:
        async with shop.store.unit_of_work(actor) as work:
            work.audit.record(action, object_id, at=shop.clock.now(), number=7)
            await work.commit()
        shop.clock.advance(DAY)


async def test_saved_audit_entry_is_read_back_unchanged(shop: Shop) -> None:
    ann, then = UserId(shop.ids.new()), shop.clock.now()
    await record(shop, AuditAction.SIGNING_KEY_ROTATED, actor=Actor(ann, "request-1"), object_id="kid-1")
    [entry] = await audit_log(shop)
    assert (entry.at, entry.actor_id, entry.request_id) == (then, ann, "request-1")
    assert (entry.action, entry.object_type, entry.object_id) == (
        AuditAction.SIGNING_KEY_ROTATED,
        "signing_key",
        "kid-1",
    )
    assert entry.details == {"number": 7}


async def test_action_that_is_not_committed_is_not_audited(shop: Shop) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(a_user(shop.ids))
        work.audit.record(AuditAction.SESSION_STARTED, None, at=shop.clock.now())
    assert await audit_log(shop) == []


async def test_audit_log_contains_no_entry_for_a_rejected_sign_up(shop: Shop) -> None:
    await shop.customer("ann@example.com")
    with pytest.raises(EmailTaken):
        await shop.customer("ann@example.com")
    assert [entry.action for entry in await audit_log(shop)] == [AuditAction.USER_SIGNED_UP]


async def test_audited_action_requires_an_actor(shop: Shop) -> None:
    async with shop.store.unit_of_work() as work:
        with pytest.raises(RuntimeError):
            work.audit.record(AuditAction.SESSION_STARTED, None, at=shop.clock.now())
        await work.users.add(a_user(shop.ids, email="ann@example.com"))
        with pytest.raises(RuntimeError):
            await work.commit()
    await shop.customer("ann@example.com")


async def test_audit_entries_are_listed_newest_first(shop: Shop) -> None:
    recorded = [AuditAction.SESSION_STARTED, AuditAction.USER_CLOSED, AuditAction.SESSION_ENDED]
    await record(shop, *recorded)
    walked = [
        [entry.action for entry in page.items]
        async for page in pages(lambda after: shop.store.audit.list(AuditFilter(), after=after, limit=2))
    ]
    assert walked == [[recorded[2], recorded[1]], [recorded[0]]]


async def test_each_of_several_audit_entries_with_equal_timestamps_is_listed_once(shop: Shop) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        for number in range(5):
            work.audit.record(AuditAction.SESSION_STARTED, str(number), at=shop.clock.now())
        await work.commit()
    walked = [
        entry.object_id
        async for page in pages(lambda after: shop.store.audit.list(AuditFilter(), after=after, limit=2))
        for entry in page.items
    ]
    assert sorted(filter(None, walked)) == ["0", "1", "2", "3", "4"]


async def test_audit_log_can_be_filtered_by_actor_by_action_by_object_and_by_time(shop: Shop) -> None:
    ann, began = UserId(shop.ids.new()), shop.clock.now()
    await record(shop, AuditAction.SESSION_STARTED, actor=Actor(ann, "1"), object_id="a")
    await record(shop, AuditAction.SESSION_ENDED, AuditAction.SESSION_STARTED, object_id="b")
    whole = [entry.id for entry in await audit_log(shop)]
    third, second, first = whole

    async def found(**criteria: object) -> list[object]:
        return [entry.id for entry in await audit_log(shop, **criteria)]

    assert await found(actor_id=ann) == [first]
    assert await found(action=AuditAction.SESSION_STARTED) == [third, first]
    assert await found(object_id="b") == [third, second]
    assert await found(object_id="b", action=AuditAction.SESSION_ENDED) == [second]
    assert await found(created_after=began) == [third, second, first]
    assert await found(created_after=began + DAY) == [third, second]
    assert await found(created_before=began + DAY) == [first]
    windows = [
        await found(created_after=began + days * DAY, created_before=began + (days + 1) * DAY)
        for days in range(3)
    ]
    assert windows == [[first], [second], [third]]
    assert await found(actor_id=UserId(shop.ids.new())) == []


async def test_pruning_does_not_delete_audit_entries_within_the_retention_period(shop: Shop) -> None:
    prune = Prune(shop.store.audit_records, shop.clock, retention=3 * DAY)
    await record(shop, AuditAction.SESSION_STARTED, AuditAction.SESSION_ENDED)
    await prune()
    assert len(await audit_log(shop)) == 2
    shop.clock.advance(DAY + timedelta(seconds=1))
    await prune()
    assert await actions(shop) == {AuditAction.SESSION_ENDED}


async def test_pruning_deletes_every_old_audit_entry(shop: Shop) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        for _ in range(BATCH_SIZE + 1):
            work.audit.record(AuditAction.SESSION_STARTED, None, at=shop.clock.now())
        await work.commit()
    shop.clock.advance(DAY)
    await Prune(shop.store.audit_records, shop.clock, retention=timedelta(0))()
    assert await audit_log(shop) == []
