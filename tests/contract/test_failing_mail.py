"""Mail that cannot be sent is marked as failed. Other mail is not delayed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from application.mail.ports import AddressRefused, MailNotSent
from application.mail.request import MAX_ATTEMPTS, MailKind
from application.retention.prune import FAILED_MAIL_RETENTION
from application.users.sign_up import SignUpCommand
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

RequestMail = Callable[[Shop, str], Awaitable[None]]
BROKEN, SOUND = "broken@example.com", "sound@example.com"


async def request_reset(shop: Shop, email: str) -> None:
    await shop.request_password_reset(sought_email_address(email), network=NETWORK)


async def request_sign_up(shop: Shop, email: str) -> None:
    await shop.request_sign_up(
        SignUpCommand(email=sought_email_address(email), password=PASSWORD, actor=SOMEBODY)
    )


def sent_to(shop: Shop) -> list[str]:
    return [message.to.normalized for message in shop.mailbox.messages]


@pytest_asyncio.fixture(loop_scope="session")
async def failing(shop: Shop) -> Shop:
    """A shop with two customers. Messages to one of the customers cannot be formatted."""
    for email in (BROKEN, SOUND):
        await shop.customer(email)
    shop.mailbox.broken.add(BROKEN)
    return shop


@pytest.mark.parametrize("request_mail", [request_reset, request_sign_up])
async def test_failing_message_delays_no_other_message(failing: Shop, request_mail: RequestMail) -> None:
    await request_mail(failing, BROKEN)
    failing.clock.advance(timedelta(seconds=1))
    await request_mail(failing, SOUND)
    (failure,) = await failing.deliver_mail()
    assert (failure.request.address.normalized, failure.is_set_aside) == (BROKEN, False)
    assert sent_to(failing) == [SOUND]


async def test_new_mail_is_sent_before_mail_with_failed_attempts(failing: Shop) -> None:
    await request_reset(failing, BROKEN)
    await failing.deliver_mail()
    failing.mailbox.broken.clear()
    failing.clock.advance(timedelta(minutes=1))
    await request_reset(failing, SOUND)
    await failing.deliver_mail()
    assert sent_to(failing) == [SOUND, BROKEN]


@pytest.mark.parametrize("request_mail", [request_reset, request_sign_up])
async def test_message_is_listed_as_failed_after_the_last_attempt(
    failing: Shop, request_mail: RequestMail
) -> None:
    await request_mail(failing, BROKEN)
    outcomes = []
    for attempt in range(MAX_ATTEMPTS):
        outcomes += [failure.is_set_aside for failure in await failing.deliver_mail()]
        failing.clock.advance(timedelta(minutes=2**attempt))
    assert outcomes == [False] * (MAX_ATTEMPTS - 1) + [True]
    failing.clock.advance(timedelta(hours=1))
    assert await failing.deliver_mail() == []
    (failed,) = await failing.list_failed_mail(limit=9)
    assert (failed.address.normalized, failed.attempts) == (BROKEN, MAX_ATTEMPTS)
    assert failed.set_aside_at is not None


async def test_mail_to_a_rejected_email_address_is_listed_as_failed(failing: Shop) -> None:
    await request_reset(failing, SOUND)
    failing.mailbox.failures.append(AddressRefused())
    (failure,) = await failing.deliver_mail()
    assert failure.is_set_aside
    assert [request.address.normalized for request in await failing.list_failed_mail(limit=9)] == [SOUND]


async def test_new_mail_request_replaces_a_failed_request_for_the_same_mail(failing: Shop) -> None:
    await request_reset(failing, SOUND)
    failing.mailbox.failures.append(AddressRefused())
    await failing.deliver_mail()
    await request_reset(failing, SOUND)
    assert await failing.list_failed_mail(limit=9) == []
    assert await failing.deliver_mail() == []
    assert sent_to(failing) == [SOUND]


async def test_failed_mail_is_listed_latest_first_up_to_the_requested_number(failing: Shop) -> None:
    for request_mail, email in ((request_reset, BROKEN), (request_sign_up, SOUND), (request_reset, SOUND)):
        await request_mail(failing, email)
        failing.mailbox.failures.append(AddressRefused())
        await failing.deliver_mail()
        failing.clock.advance(timedelta(seconds=1))
    listed = [
        (request.kind, request.address.normalized) for request in await failing.list_failed_mail(limit=2)
    ]
    assert listed == [(MailKind.PASSWORD_RESET, SOUND), (MailKind.SIGN_UP, SOUND)]


async def test_failed_mail_is_pruned_after_a_week(failing: Shop) -> None:
    await request_reset(failing, SOUND)
    failing.mailbox.failures.append(AddressRefused())
    await failing.deliver_mail()
    failing.clock.advance(FAILED_MAIL_RETENTION - timedelta(seconds=1))
    await failing.prune_mail()
    assert len(await failing.list_failed_mail(limit=9)) == 1
    failing.clock.advance(timedelta(seconds=1))
    await failing.prune_mail()
    assert await failing.list_failed_mail(limit=9) == []


async def test_mail_job_tries_to_send_every_message_if_the_mail_server_is_unavailable(failing: Shop) -> None:
    await request_reset(failing, BROKEN)
    await request_reset(failing, SOUND)
    failing.mailbox.failures += [MailNotSent(), MailNotSent()]
    assert len(await failing.deliver_mail()) == 2
