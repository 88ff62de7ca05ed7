"""Sign-ups that wait for e-mail verification, in memory and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from application.audit.entry import AuditAction
from application.sessions.log_in import LogInCommand, WrongCredentials
from application.throttling.throttle import TooManyAttempts
from application.users.close_account import CloseAccountCommand
from application.users.sign_up import SignUpCommand
from application.users.verify_email import VerifyEmailCommand
from application.users.views import UserView
from domain.shared.actor import Actor
from domain.shared.ids import SignUpId
from domain.users.attempts import ACCOUNT_BACKOFF, AttemptKind
from domain.users.one_time_token import InvalidOneTimeToken, hash_of
from domain.users.pending_sign_up import LIFETIME, PendingSignUp
from domain.users.user import UserStatus
from entrypoints.email_addresses import parse_email_address, sought_email_address
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import entry_of
from tests.kit.examples import NOW
from tests.kit.shop import Shop

EMAIL = "ann@example.com"
ANN = SignUpCommand(email=sought_email_address(EMAIL), password=PASSWORD, full_name="Ann", actor=SOMEBODY)
EVE = replace(ANN, password="a password of the attacker", full_name="Eve")


async def mailed_tokens(shop: Shop) -> list[str]:
    """Deliver due mail, and return the token of each message, in the sequence of the sign-ups."""
    shop.mailbox.messages.clear()
    await shop.deliver_mail()
    return [shop.mailbox.token(number) for number in range(len(shop.mailbox.messages))]


async def confirm(shop: Shop, token: str) -> UserView:
    return (await shop.verify_email(VerifyEmailCommand(token=token, actor=SOMEBODY))).result


async def log_in(shop: Shop, command: SignUpCommand) -> None:
    await shop.log_in(
        LogInCommand(email=command.email, password=command.password, network=NETWORK, actor=SOMEBODY)
    )


async def pending(shop: Shop) -> UserView:
    """Return a pending account in the form in which a former release created pending accounts."""
    known = (await shop.sign_up(replace(ANN, password="a password of the former release"))).result
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(known.id)
        assert user
        user.status = UserStatus.PENDING
        await work.users.save(user)
        await work.commit()
    return known


async def test_sign_up_creates_an_account_only_after_its_confirmation(shop: Shop) -> None:
    await shop.request_sign_up(ANN)
    await shop.deliver_mail()
    with pytest.raises(WrongCredentials):
        await log_in(shop, ANN)
    assert (await shop.store.outbox.counts())["user.signed_up"] == 0


@pytest.mark.parametrize(("confirmed", "other"), [(0, 1), (1, 0)])
async def test_sign_up_token_creates_an_account_with_the_password_and_name_of_the_sign_up(
    shop: Shop, confirmed: int, other: int
) -> None:
    commands = [ANN, EVE]
    for command in commands:
        await shop.request_sign_up(command)
        shop.clock.advance(timedelta(seconds=1))
    tokens = await mailed_tokens(shop)
    opened = await confirm(shop, tokens[confirmed])
    assert (opened.full_name, opened.status, opened.email_verified) == (
        commands[confirmed].full_name,
        UserStatus.ACTIVE,
        True,
    )
    await log_in(shop, commands[confirmed])
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, tokens[other])
    with pytest.raises(WrongCredentials):
        await log_in(shop, commands[other])


async def test_sign_up_message_contains_the_sign_up_time_but_no_text_from_the_client(shop: Shop) -> None:
    await shop.request_sign_up(EVE)
    await shop.deliver_mail()
    (message,) = shop.mailbox.messages
    assert f"{NOW:%Y-%m-%d at %H:%M:%S} UTC" in message.text
    assert "Eve" not in message.text


async def test_concurrent_confirmations_of_one_email_address_create_one_account(shop: Shop) -> None:
    for number in range(4):
        await shop.request_sign_up(replace(ANN, full_name=f"Ann {number}"))
    tokens = await mailed_tokens(shop)
    assert len(tokens) == 4
    outcomes = await asyncio.gather(
        *(confirm(shop, token) for token in (*tokens, tokens[0])), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if not isinstance(outcome, UserView)]
    assert [type(outcome) for outcome in refused] == [InvalidOneTimeToken] * 4
    assert (await shop.store.outbox.counts())["user.signed_up"] == 1


async def test_sign_up_cannot_be_confirmed_if_an_account_has_the_email_address(shop: Shop) -> None:
    await shop.request_sign_up(EVE)
    (token,) = await mailed_tokens(shop)
    known = (await shop.sign_up(ANN)).result
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, token)
    assert await shop.get_user(known.id) == known


async def test_pending_account_is_activated_with_the_password_of_a_confirmed_sign_up(shop: Shop) -> None:
    former = await pending(shop)
    await shop.request_sign_up(ANN)
    (token,) = await mailed_tokens(shop)
    opened = await confirm(shop, token)
    assert (opened.id, opened.status, opened.email_verified) == (former.id, UserStatus.ACTIVE, True)
    await log_in(shop, ANN)


async def test_unconfirmed_sign_up_expires_after_one_day_and_is_pruned(shop: Shop) -> None:
    await shop.request_sign_up(ANN)
    (token,) = await mailed_tokens(shop)
    shop.clock.advance(LIFETIME - timedelta(seconds=1))
    await shop.prune_sign_ups()
    shop.clock.advance(timedelta(seconds=1))
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, token)
    async with shop.store.unit_of_work() as work:
        assert await work.sign_ups.find(hash_of(token))
    await shop.prune_sign_ups()
    async with shop.store.unit_of_work() as work:
        assert await work.sign_ups.find(hash_of(token)) is None


async def test_sign_up_requests_with_different_spellings_of_an_email_are_throttled(shop: Shop) -> None:
    command = replace(ANN, network=NETWORK)
    for _ in range(ACCOUNT_BACKOFF[AttemptKind.SIGN_UP].free + 1):
        await shop.request_sign_up(command)
    with pytest.raises(TooManyAttempts):
        await shop.request_sign_up(replace(command, email=sought_email_address("Ann@Example.com")))


async def test_sign_ups_for_the_email_address_of_a_closed_account_are_erased(shop: Shop) -> None:
    ann = (await shop.sign_up(ANN)).result
    await shop.request_sign_up(EVE)
    await shop.request_sign_up(replace(EVE, email=sought_email_address("bob@example.com")))
    await shop.close_account(
        CloseAccountCommand(user_id=ann.id, expected_version=ann.version, actor=Actor(ann.id, "test"))
    )
    assert len(await mailed_tokens(shop)) == 1
    assert [message.to.typed for message in shop.mailbox.messages] == ["bob@example.com"]


async def test_audit_entry_of_a_sign_up_contains_only_a_masked_email_address(shop: Shop) -> None:
    await shop.request_sign_up(ANN)
    entry = await entry_of(shop, AuditAction.USER_SIGN_UP_REQUESTED)
    assert (entry.object_id, entry.details) == (None, {"address": "a***@e***"})


async def test_saved_sign_up_is_read_back_unchanged(shop: Shop) -> None:
    sign_up = PendingSignUp(
        id=SignUpId(shop.ids.new()),
        email=parse_email_address(EMAIL),
        full_name="Ann",
        password_hash="hash",
        requested_at=NOW,
    ).with_token(b"s" * 32)
    async with shop.store.unit_of_work() as work:
        await work.sign_ups.add(sign_up)
        await work.commit()
    assert sign_up.token_hash
    async with shop.store.unit_of_work() as work:
        assert await work.sign_ups.get(sign_up.id) == sign_up
        assert await work.sign_ups.find(sign_up.token_hash) == sign_up
        assert await work.sign_ups.find(b"another") is None


async def test_saving_a_sign_up_updates_only_an_existing_row(shop: Shop) -> None:
    void = PendingSignUp(
        id=SignUpId(shop.ids.new()),
        email=parse_email_address(EMAIL),
        full_name=None,
        password_hash="hash",
        requested_at=NOW,
    )
    async with shop.store.unit_of_work() as work:
        await work.sign_ups.save(void.with_token(b"s" * 32))
        assert await work.sign_ups.get(void.id) is None
        assert not await work.sign_ups.claim(void)
