from datetime import timedelta
from uuid import UUID

from application.mail.request import MailKind, MailRequest
from domain.users.email_address import EmailAddress
from entrypoints.email_addresses import sought_email_address
from tests.kit.examples import NOW
from tests.kit.store import Store

ANN, BOB = sought_email_address("ann@example.com"), sought_email_address("bob@example.com")
MINUTE = timedelta(minutes=1)


def made(address: EmailAddress, kind: MailKind = MailKind.PASSWORD_RESET, *, minutes: int = 0) -> MailRequest:
    return MailRequest.made(kind, address, now=NOW + minutes * MINUTE)


async def add(store: Store, *requests: MailRequest) -> None:
    async with store.unit_of_work() as work:
        for request in requests:
            await work.mail.add(request)
        await work.commit()


async def due(store: Store, *, minutes: int = 0) -> list[MailRequest]:
    """Return all due messages. The messages stay in the queue, because the transaction is rolled back."""
    requests = []
    async with store.unit_of_work() as work:
        while request := await work.mail.next_due(NOW + minutes * MINUTE):
            requests.append(request)
            await work.mail.remove(request)
    return requests


async def test_mail_request_that_has_been_due_the_longest_is_returned_first(store: Store) -> None:
    later, now, soon = made(ANN, minutes=2), made(BOB), made(ANN, MailKind.SIGN_UP, minutes=1)
    await add(store, later, now, soon)
    assert await due(store) == [now]
    assert await due(store, minutes=2) == [now, soon, later]
    assert await due(store, minutes=-1) == []


async def test_repeated_request_for_the_same_mail_results_in_one_message(store: Store) -> None:
    first = made(ANN)
    await add(store, first, made(ANN, minutes=5))
    await add(store, made(ANN, minutes=6))
    assert await due(store, minutes=9) == [first]


async def test_second_attempt_to_send_mail_is_due_one_minute_after_the_first_attempt(store: Store) -> None:
    await add(store, made(ANN))
    async with store.unit_of_work() as work:
        request = await work.mail.next_due(NOW)
        assert request
        request.attempt(NOW)
        await work.mail.save(request)
        await work.commit()
    assert await due(store) == []
    assert await due(store, minutes=1) == [request]


async def test_mail_request_with_a_locked_row_is_skipped(store: Store) -> None:
    await add(store, made(ANN), made(BOB, minutes=1))
    async with store.unit_of_work() as work, store.unit_of_work() as another:
        first = await work.mail.next_due(NOW + MINUTE)
        second = await another.mail.next_due(NOW + MINUTE)
        assert first
        assert second
        assert (first.address, second.address) == (ANN, BOB)
    async with store.unit_of_work() as work:
        assert await work.mail.next_due(NOW + MINUTE) == first


async def test_mail_request_is_removed_only_by_the_latest_attempt(store: Store) -> None:
    await add(store, made(ANN))
    async with store.unit_of_work() as work:
        mine = await work.mail.next_due(NOW)
        assert mine
        mine.attempt(NOW)
        await work.mail.save(mine)
        await work.commit()
    async with store.unit_of_work() as work:
        again = await work.mail.next_due(NOW + MINUTE)
        assert again
        again.attempt(NOW + MINUTE)
        await work.mail.save(again)
        await work.commit()
    for request, left in ((mine, 1), (again, 0), (again, 0)):
        async with store.unit_of_work() as work:
            await work.mail.remove(request)
            await work.commit()
        assert len(await due(store, minutes=9)) == left


async def test_two_notices_about_different_objects_result_in_two_messages(store: Store) -> None:
    kind = MailKind.WEBHOOK_ENDPOINT_PAUSED
    first, second = (
        MailRequest.made(kind, ANN, subject_id=UUID(int=number), now=NOW + number * MINUTE)
        for number in (1, 2)
    )
    await add(store, second, first, MailRequest.made(kind, ANN, subject_id=UUID(int=1), now=NOW + 3 * MINUTE))
    async with store.unit_of_work() as work:
        request = await work.mail.next_due(NOW + MINUTE)
        assert request == first
        await work.mail.set_aside(request, at=NOW)
        await work.commit()
    assert await due(store, minutes=9) == [second]
    async with store.unit_of_work() as work:
        assert [request.subject_id for request in await work.mail.list_set_aside(limit=9)] == [UUID(int=1)]
        await work.mail.prune_set_aside(until=NOW)
        assert await work.mail.list_set_aside(limit=9) == []
