"""Changes of a user's e-mail address, in memory and on PostgreSQL.

A user confirms the change with a token that is mailed to the new address. The former address gets a notice.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from application.audit.entry import AuditAction
from application.shared.idempotency import IdempotentOperation
from application.throttling.throttle import TooManyAttempts
from application.users.change_password import ChangePasswordCommand
from application.users.close_account import CloseAccountCommand
from application.users.password_check import WrongPassword
from application.users.request_email_change import RequestEmailChangeCommand
from application.users.reset_password import ResetPasswordCommand
from application.users.verify_email import VerifyEmailCommand
from application.users.views import UserView
from domain.sessions.refresh_token import InvalidRefreshToken
from domain.shared.actor import Actor
from domain.shared.ids import SessionId
from domain.users.attempts import ACCOUNT_BACKOFF, AttemptKind
from domain.users.email_address import EmailAddress
from domain.users.email_change import LIFETIME, SameEmail
from domain.users.one_time_token import InvalidOneTimeToken
from domain.users.user import UserStatus
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import audit_log
from tests.kit.shop import Shop

NEW = sought_email_address("Ann.New@example.com")
NEW_PASSWORD = "another password of some length"
SECOND = timedelta(seconds=1)


def request(
    shop: Shop, user: UserView, email: EmailAddress = NEW, *, password: str = PASSWORD
) -> RequestEmailChangeCommand:
    return RequestEmailChangeCommand(
        user_id=user.id,
        session_id=SessionId(shop.ids.new()),
        email=email,
        current_password=password,
        network=NETWORK,
        actor=Actor(user.id, "request-1"),
    )


async def token_for(shop: Shop, command: RequestEmailChangeCommand) -> str:
    """Request an e-mail change, and return the token from the message to the new address."""
    await shop.request_email_change(command)
    await shop.deliver_mail()
    (index,) = [n for n, message in enumerate(shop.mailbox.messages) if message.to == command.email]
    token = shop.mailbox.token(index)
    shop.mailbox.messages.clear()
    return token


async def confirm(shop: Shop, token: str) -> UserView:
    return (await shop.verify_email(VerifyEmailCommand(token=token, actor=SOMEBODY))).result


async def test_confirmed_email_change_replaces_the_email_address(shop: Shop) -> None:
    ann = await shop.customer()
    token = await token_for(shop, request(shop, ann))
    assert (await shop.get_user(ann.id)).email == ann.email
    changed = await confirm(shop, token)
    assert (changed.id, changed.email, changed.email_verified) == (ann.id, NEW.normalized, True)
    assert await shop.get_user(ann.id) == changed
    assert (await shop.store.outbox.counts(of=[ann.id]))["user.email_changed"] == 1
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, token)


async def test_email_change_sends_mail_to_the_old_and_the_new_email_address(shop: Shop) -> None:
    ann = await shop.customer()
    former = sought_email_address(ann.email or "")
    await shop.request_email_change(request(shop, ann))
    await shop.deliver_mail()
    assert {(message.to, message.subject) for message in shop.mailbox.messages} == {
        (NEW, "Is this your new address?"),
        (former, "Your address is about to change"),
    }
    assert {message.to.typed for message in shop.mailbox.messages if message.to == NEW} == {NEW.typed}
    (index,) = [n for n, message in enumerate(shop.mailbox.messages) if message.to == NEW]
    await confirm(shop, shop.mailbox.token(index))
    await shop.deliver_mail()
    assert shop.mailbox.messages[-1].to == former
    assert shop.mailbox.messages[-1].subject == "Your address has changed"


async def test_email_change_ends_all_other_sessions(shop: Shop) -> None:
    ann = await shop.customer()
    here, elsewhere = await shop.start_session(ann), await shop.start_session(ann)
    session_id = (await shop.principal_of(here)).session_id
    token = await token_for(shop, replace(request(shop, ann), session_id=session_id))
    await shop.refresh_session(elsewhere.refresh.text, actor=SOMEBODY)
    await confirm(shop, token)
    await shop.refresh_session(here.refresh.text, actor=SOMEBODY)
    with pytest.raises(InvalidRefreshToken):
        await shop.refresh_session(elsewhere.refresh.text, actor=SOMEBODY)


async def test_password_reset_token_is_invalid_after_an_email_change(shop: Shop) -> None:
    ann = await shop.customer()
    await shop.request_password_reset(sought_email_address(ann.email or ""), network=NETWORK)
    await shop.deliver_mail()
    reset_token = shop.mailbox.token()
    shop.mailbox.messages.clear()
    await confirm(shop, await token_for(shop, request(shop, ann)))
    with pytest.raises(InvalidOneTimeToken):
        await shop.reset_password(
            ResetPasswordCommand(token=reset_token, password=NEW_PASSWORD, actor=SOMEBODY)
        )


async def test_email_change_with_a_wrong_password_is_rejected_and_audited(shop: Shop) -> None:
    ann = await shop.customer()
    with pytest.raises(WrongPassword):
        await shop.request_email_change(request(shop, ann, password="a wrong password"))
    await shop.deliver_mail()
    assert shop.mailbox.messages == []
    (entry,) = await audit_log(shop, action=AuditAction.USER_EMAIL_CHANGE_REFUSED)
    assert entry.object_id == str(ann.id)


async def test_audit_entries_of_email_changes_contain_no_email_addresses(shop: Shop) -> None:
    ann = await shop.customer()
    await confirm(shop, await token_for(shop, request(shop, ann)))
    for action in (AuditAction.USER_EMAIL_CHANGE_REQUESTED, AuditAction.USER_EMAIL_CHANGED):
        (entry,) = await audit_log(shop, action=action)
        assert (entry.object_id, dict(entry.details)) == (str(ann.id), {})


async def test_wrong_passwords_in_email_change_requests_are_throttled(shop: Shop) -> None:
    ann = await shop.customer()
    for _ in range(ACCOUNT_BACKOFF[AttemptKind.PASSWORD_CHANGE].free + 1):
        shop.clock.advance(SECOND)
        with pytest.raises((WrongPassword, TooManyAttempts)):
            await shop.request_email_change(request(shop, ann, password="a wrong password"))
    with pytest.raises(TooManyAttempts):
        await shop.change_password(
            ChangePasswordCommand(
                user_id=ann.id,
                session_id=SessionId(shop.ids.new()),
                current_password=PASSWORD,
                new_password=NEW_PASSWORD,
                network=NETWORK,
                actor=Actor(ann.id, "request-2"),
            )
        )


async def test_email_changes_of_many_accounts_to_one_email_address_are_throttled(shop: Shop) -> None:
    for _ in range(ACCOUNT_BACKOFF[AttemptKind.EMAIL_CHANGE].free + 1):
        await shop.request_email_change(request(shop, await shop.customer()))
    with pytest.raises(TooManyAttempts):
        await shop.request_email_change(request(shop, await shop.customer()))


async def test_email_change_to_the_email_address_of_another_account_sends_only_a_notice(shop: Shop) -> None:
    ann, bob = await shop.customer(), await shop.customer()
    existing = sought_email_address(bob.email or "")
    await shop.request_email_change(request(shop, ann, existing))
    await shop.deliver_mail()
    (message,) = [message for message in shop.mailbox.messages if message.to == existing]
    assert message.subject == "You have an account already"
    assert (await shop.get_user(ann.id)).email == ann.email


async def test_only_one_of_two_accounts_can_confirm_a_change_to_the_same_email_address(shop: Shop) -> None:
    ann, bob = await shop.customer(), await shop.customer()
    tokens = [await token_for(shop, request(shop, user)) for user in (ann, bob)]
    outcomes = await asyncio.gather(*(confirm(shop, token) for token in tokens), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {UserView, InvalidOneTimeToken}
    emails = [(await shop.get_user(user.id)).email for user in (ann, bob)]
    assert emails.count(NEW.normalized) == 1


async def test_email_change_to_the_current_verified_email_address_is_rejected(shop: Shop) -> None:
    ann = await shop.customer()
    present = sought_email_address(ann.email or "")
    verified = await confirm(shop, await token_for(shop, request(shop, ann)))
    assert verified.email_verified
    with pytest.raises(SameEmail) as refused:
        await shop.request_email_change(request(shop, ann))
    assert [violation.path for violation in refused.value.violations] == [("email",)]
    assert present != NEW


async def test_second_email_change_request_replaces_the_first_request(shop: Shop) -> None:
    ann = await shop.customer()
    other = sought_email_address("ann.other@example.com")
    first = await token_for(shop, request(shop, ann))
    shop.clock.advance(SECOND)
    second = await token_for(shop, request(shop, ann, other))
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, first)
    assert (await confirm(shop, second)).email == other.normalized


async def test_unconfirmed_email_change_expires_after_one_day_and_is_pruned(shop: Shop) -> None:
    ann = await shop.customer()
    token = await token_for(shop, request(shop, ann))
    shop.clock.advance(LIFETIME)
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, token)
    await shop.prune_sign_ups()
    async with shop.store.unit_of_work() as work:
        assert await work.email_changes.get(ann.id) is None


async def test_password_change_invalidates_a_pending_email_change(shop: Shop) -> None:
    ann = await shop.customer()
    token = await token_for(shop, request(shop, ann))
    await shop.change_password(
        ChangePasswordCommand(
            user_id=ann.id,
            session_id=SessionId(shop.ids.new()),
            current_password=PASSWORD,
            new_password=NEW_PASSWORD,
            network=NETWORK,
            actor=Actor(ann.id, "request-2"),
        )
    )
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, token)


async def test_email_change_of_a_disabled_account_cannot_be_confirmed(shop: Shop) -> None:
    ann = await shop.customer()
    token = await token_for(shop, request(shop, ann))
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(ann.id)
        assert user
        user.status = UserStatus.DISABLED
        await work.users.save(user)
        await work.commit()
    with pytest.raises(InvalidOneTimeToken):
        await confirm(shop, token)


async def test_pending_email_change_is_erased_when_the_account_is_closed(shop: Shop) -> None:
    ann = await shop.customer()
    await shop.request_email_change(request(shop, ann))
    await shop.close_account(
        CloseAccountCommand(user_id=ann.id, expected_version=ann.version, actor=Actor(ann.id, "request-2"))
    )
    await shop.deliver_mail()
    assert shop.mailbox.messages == []


async def test_retry_of_an_email_change_request_does_not_replace_a_later_request(shop: Shop) -> None:
    ann = await shop.customer()
    key = shop.commands.key("k", operation=IdempotentOperation.REQUEST_EMAIL_CHANGE, principal=str(ann.id))
    command = replace(request(shop, ann), key=key)
    first = await shop.request_email_change(command)
    other = sought_email_address("ann.other@example.com")
    shop.clock.advance(SECOND)
    later = await token_for(shop, request(shop, ann, other))
    assert await shop.request_email_change(command) == replace(first, replayed=True)
    assert (await confirm(shop, later)).email == other.normalized
