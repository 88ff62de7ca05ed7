"""E-mail verification and password reset with mailed tokens, in memory and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from application.mail.ports import AddressRefused, MailNotSent
from application.mail.request import MailKind, MailRequest
from application.shared.idempotency import IdempotentOperation
from application.throttling.throttle import TooManyAttempts
from application.users.reset_password import ResetPasswordCommand
from application.users.sign_up import SignUpCommand
from application.users.verify_email import VerifyEmailCommand
from application.users.views import UserView
from domain.sessions.refresh_token import InvalidRefreshToken
from domain.users.attempts import ACCOUNT_BACKOFF, AttemptKind
from domain.users.email_address import EmailAddress
from domain.users.one_time_token import InvalidOneTimeToken
from domain.users.password import WeakPassword
from domain.users.user import AccountPending, UserStatus
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

ANN = SignUpCommand(
    email=sought_email_address("Ann@example.com"), password=PASSWORD, full_name="Ann", actor=SOMEBODY
)
NEW_PASSWORD = "another password of some length"
HALF_AN_HOUR = timedelta(minutes=30)
A_DAY = timedelta(days=1)


async def account(shop: Shop) -> UserView:
    async with shop.store.unit_of_work() as work:
        user = await work.users.find_by_email(ANN.email)
    assert user
    return UserView.of(user)


async def mailed_reset_token(shop: Shop, email: EmailAddress = ANN.email) -> str:
    """Request a password reset, and return the token from the message."""
    await shop.request_password_reset(email, network=NETWORK)
    await shop.deliver_mail()
    return shop.mailbox.token()


async def verify(shop: Shop, token: str) -> None:
    await shop.verify_email(VerifyEmailCommand(token=token, actor=SOMEBODY))


async def reset(shop: Shop, token: str, password: str = NEW_PASSWORD) -> None:
    await shop.reset_password(ResetPasswordCommand(token=token, password=password, actor=SOMEBODY))


async def change_status(shop: Shop, status: UserStatus) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get((await account(shop)).id)
        assert user
        user.status = status
        await work.users.save(user)
        await work.commit()


async def test_sign_up_with_the_email_address_of_an_account_sends_the_owner_a_notice(shop: Shop) -> None:
    known = (await shop.sign_up(ANN)).result
    await shop.request_sign_up(replace(ANN, password=NEW_PASSWORD, full_name="Eve"))
    assert await account(shop) == known
    await shop.start_session(known)
    await shop.deliver_mail()
    (message,) = shop.mailbox.messages
    assert message.subject == "You have an account already"


async def test_sign_up_token_is_rejected_if_expired_or_used_or_malformed(shop: Shop) -> None:
    await shop.request_sign_up(ANN)
    await shop.deliver_mail()
    first = shop.mailbox.token()
    shop.clock.advance(A_DAY)
    with pytest.raises(InvalidOneTimeToken):
        await verify(shop, first)
    await shop.request_sign_up(ANN)
    await shop.deliver_mail()
    await verify(shop, shop.mailbox.token())
    for token in (shop.mailbox.token(), first, "", "\udcff", "東京"):
        with pytest.raises(InvalidOneTimeToken):
            await verify(shop, token)


async def test_mailed_token_is_rejected_for_another_purpose(shop: Shop) -> None:
    await shop.request_sign_up(ANN)
    await shop.deliver_mail()
    confirmation = shop.mailbox.token()
    with pytest.raises(InvalidOneTimeToken):
        await reset(shop, confirmation)
    await verify(shop, confirmation)
    with pytest.raises(InvalidOneTimeToken):
        await verify(shop, await mailed_reset_token(shop))


async def test_password_reset_ends_all_sessions(shop: Shop) -> None:
    ann = (await shop.sign_up(ANN)).result
    tokens = await shop.start_session(ann)
    await reset(shop, await mailed_reset_token(shop))
    with pytest.raises(InvalidRefreshToken):
        await shop.refresh_session(tokens.refresh.text, actor=SOMEBODY)
    async with shop.store.unit_of_work() as work:
        kept = await work.users.peek(ann.id)
    assert kept
    assert await shop.hasher.verify(NEW_PASSWORD, kept.password_hash)
    assert kept.email_verified, "the message was read"


async def test_password_reset_activates_a_pending_account_of_a_former_release(shop: Shop) -> None:
    await shop.sign_up(ANN)
    await change_status(shop, UserStatus.PENDING)
    await reset(shop, await mailed_reset_token(shop), NEW_PASSWORD)
    assert (await account(shop)).status is UserStatus.ACTIVE


async def test_mailed_token_activates_a_pending_account_of_a_former_release(shop: Shop) -> None:
    await shop.sign_up(ANN)
    await change_status(shop, UserStatus.PENDING)
    async with shop.store.unit_of_work() as work:
        await work.mail.add(MailRequest.made(MailKind.SIGN_UP, ANN.email, now=shop.clock.now()))
        await work.commit()
    await shop.deliver_mail()
    await verify(shop, shop.mailbox.token())
    opened = await account(shop)
    assert (opened.status, opened.email_verified) == (UserStatus.ACTIVE, True)
    await shop.start_session(opened)


async def test_account_with_the_status_pending_cannot_log_in(shop: Shop) -> None:
    pending = (await shop.sign_up(ANN)).result
    await change_status(shop, UserStatus.PENDING)
    with pytest.raises(AccountPending):
        await shop.start_session(pending)


async def test_password_reset_token_is_rejected_if_replaced_or_used_or_expired(shop: Shop) -> None:
    await shop.sign_up(ANN)
    replaced = await mailed_reset_token(shop)
    used = await mailed_reset_token(shop)
    with pytest.raises(InvalidOneTimeToken):
        await reset(shop, replaced)
    with pytest.raises(WeakPassword):
        await reset(shop, used, "short")
    await reset(shop, used)
    expired = await mailed_reset_token(shop)
    shop.clock.advance(HALF_AN_HOUR)
    for token in (used, expired):
        with pytest.raises(InvalidOneTimeToken):
            await reset(shop, token)


async def test_only_one_of_several_concurrent_uses_of_a_mailed_token_succeeds(shop: Shop) -> None:
    await shop.sign_up(ANN)
    token = await mailed_reset_token(shop)
    outcomes = await asyncio.gather(*(reset(shop, token) for _ in range(5)), return_exceptions=True)
    refusals = [outcome for outcome in outcomes if outcome is not None]
    assert [type(refusal) for refusal in refusals] == [InvalidOneTimeToken] * 4


async def test_retried_password_reset_with_the_same_idempotency_key_is_replayed(shop: Shop) -> None:
    await shop.sign_up(ANN)
    command = ResetPasswordCommand(
        token=await mailed_reset_token(shop), password=NEW_PASSWORD, actor=SOMEBODY
    )
    command = replace(
        command, key=shop.commands.key(command.token, operation=IdempotentOperation.RESET_PASSWORD)
    )
    first, again = await shop.reset_password(command), await shop.reset_password(command)
    assert (first.replayed, again.replayed) == (False, True)


async def test_password_reset_request_sends_no_mail_to_an_unknown_email_address(shop: Shop) -> None:
    await shop.request_password_reset(sought_email_address("nobody@example.com"), network=NETWORK)
    await shop.deliver_mail()
    assert shop.mailbox.messages == []


@pytest.mark.parametrize("status", [UserStatus.DISABLED, UserStatus.CLOSED])
async def test_disabled_or_closed_account_gets_no_reset_mail(shop: Shop, status: UserStatus) -> None:
    await shop.sign_up(ANN)
    token = await mailed_reset_token(shop)
    await change_status(shop, status)
    with pytest.raises(InvalidOneTimeToken):
        await reset(shop, token)
    await shop.request_password_reset(ANN.email, network=NETWORK)
    await shop.request_sign_up(ANN)
    await shop.deliver_mail()
    assert len(shop.mailbox.messages) == 1


async def test_repeated_reset_requests_send_one_message(shop: Shop) -> None:
    await shop.sign_up(ANN)
    for spelling in ("ann@example.com", " ANN@example.com", "Ann@Example.Com"):
        await shop.request_password_reset(sought_email_address(spelling), network=NETWORK)
    await shop.deliver_mail()
    assert len(shop.mailbox.messages) == 1


async def test_password_reset_requests_for_unknown_email_addresses_are_throttled(shop: Shop) -> None:
    await shop.sign_up(ANN)
    refusals = []
    for email in (ANN.email, sought_email_address("nobody@example.com")):
        for _ in range(ACCOUNT_BACKOFF[AttemptKind.PASSWORD_RESET].free + 1):
            await shop.request_password_reset(email, network=NETWORK)
        with pytest.raises(TooManyAttempts) as refusal:
            await shop.request_password_reset(email, network=NETWORK)
        refusals.append(refusal.value.retry_after)
    assert refusals == [60, 60]


async def test_password_reset_mail_sent_after_two_failed_attempts_has_a_valid_token(shop: Shop) -> None:
    await shop.sign_up(ANN)
    await shop.request_password_reset(ANN.email, network=NETWORK)
    shop.mailbox.failures += [MailNotSent(), MailNotSent()]
    for pause in (timedelta(minutes=1), timedelta(minutes=2)):
        (failure,) = await shop.deliver_mail()
        assert isinstance(failure.error, MailNotSent)
        assert await shop.deliver_mail() == []
        assert shop.mailbox.messages == []
        shop.clock.advance(pause)
    await shop.deliver_mail()
    await reset(shop, shop.mailbox.token())


async def test_password_reset_mail_is_not_sent_later_than_one_hour_after_the_request(shop: Shop) -> None:
    await shop.sign_up(ANN)
    await shop.request_password_reset(ANN.email, network=NETWORK)
    shop.clock.advance(timedelta(hours=1, seconds=1))
    (failure,) = await shop.deliver_mail()
    assert failure.is_set_aside
    assert shop.mailbox.messages == []
    await mailed_reset_token(shop)


async def test_mail_to_a_rejected_email_address_is_attempted_only_once(shop: Shop) -> None:
    await shop.sign_up(ANN)
    await shop.request_password_reset(ANN.email, network=NETWORK)
    shop.mailbox.failures.append(AddressRefused())
    await shop.deliver_mail()
    shop.clock.advance(timedelta(minutes=10))
    await shop.deliver_mail()
    assert shop.mailbox.messages == []


async def test_concurrent_mail_workers_send_each_message_only_once(shop: Shop) -> None:
    emails = [f"customer-{number}@example.com" for number in range(6)]
    for email in emails:
        await shop.customer(email)
        await shop.request_password_reset(sought_email_address(email), network=NETWORK)
    await asyncio.gather(*(shop.deliver_mail() for _ in range(4)))
    assert sorted(message.to.typed for message in shop.mailbox.messages) == emails
