"""Audit entries of accounts and log-ins contain actor, action and request, but no personal data."""

from dataclasses import replace

import pytest

from application.audit.entry import AuditAction
from application.sessions.log_in import LogInCommand, WrongCredentials
from application.throttling.throttle import TooManyAttempts
from application.users.change_me import ChangeMeCommand
from application.users.change_password import ChangePasswordCommand
from application.users.change_user import ChangeUserCommand
from application.users.close_account import CloseAccountCommand
from application.users.password_check import WrongPassword
from application.users.views import UserView
from domain.sessions.refresh_token import InvalidRefreshToken
from domain.sessions.session import GRACE
from domain.shared.actor import Actor
from domain.users.administering import AccountChanges
from domain.users.permissions import Role
from domain.users.user import AccountDisabled, UserStatus
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import audit_log, entry_of
from tests.kit.shop import Shop

NEW_PASSWORD = "another password of some length"


def logging_in(email: str, password: str = PASSWORD) -> LogInCommand:
    return LogInCommand(
        email=sought_email_address(email), password=password, network=NETWORK, actor=Actor(None, "request-1")
    )


async def change(shop: Shop, user: UserView, changes: AccountChanges, actor: Actor) -> UserView:
    return await shop.change_user(
        ChangeUserCommand(user_id=user.id, expected_version=user.version, changes=changes, actor=actor)
    )


async def test_log_in_and_log_out_are_audited(shop: Shop) -> None:
    ann = await shop.customer("ann@example.com")
    await shop.log_in(logging_in("ann@example.com"))
    [session] = (await shop.list_sessions(ann.id, after=None, limit=9)).items
    started = await entry_of(shop, AuditAction.SESSION_STARTED)
    assert (started.actor_id, started.request_id) == (ann.id, "request-1")
    assert (started.object_id, started.details) == (str(session.id), {"user_id": str(ann.id)})
    await shop.end_session(session.id, actor=Actor(ann.id, "request-2"))
    ended = await entry_of(shop, AuditAction.SESSION_ENDED)
    assert (ended.actor_id, ended.request_id, ended.object_id) == (ann.id, "request-2", str(session.id))


async def test_log_out_by_revoking_a_refresh_token_is_audited(shop: Shop) -> None:
    ann = await shop.customer()
    tokens = await shop.start_session(ann)
    for _ in range(2):
        await shop.revoke_token(tokens.refresh.text, actor=Actor(None, "request-2"))
    ended = await entry_of(shop, AuditAction.SESSION_ENDED)
    assert (ended.actor_id, ended.details) == (None, {"user_id": str(ann.id)})


async def test_failed_log_in_is_audited_with_the_id_of_the_account(shop: Shop) -> None:
    ann = await shop.customer("ann@example.com")
    with pytest.raises(WrongCredentials):
        await shop.log_in(logging_in("ann@example.com", "canary"))
    entry = await entry_of(shop, AuditAction.USER_LOG_IN_REFUSED)
    assert (entry.actor_id, entry.object_id, entry.details) == (
        None,
        str(ann.id),
        {"reason": "wrong_password"},
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Bob@Example.com", "b***@e***"),
        ("p@ssw0rd.of-bob@x", "p***@s***"),
        ("password of bob", "p***"),
        ("\u202e@\u202e", "***@***"),
        ("@", "***@***"),
    ],
)
async def test_log_in_with_an_unknown_email_address_is_audited_with_a_masked_address(
    shop: Shop, typed: str, kept: str
) -> None:
    with pytest.raises(WrongCredentials):
        await shop.log_in(logging_in(typed))
    entry = await entry_of(shop, AuditAction.USER_LOG_IN_REFUSED)
    assert (entry.object_id, entry.details) == (None, {"reason": "unknown_address", "address": kept})


async def test_log_in_to_a_disabled_account_is_audited_as_failed(shop: Shop) -> None:
    ann, boss = await shop.customer("ann@example.com"), await shop.customer()
    await change(shop, ann, AccountChanges(status=UserStatus.DISABLED), Actor(boss.id, "1"))
    with pytest.raises(AccountDisabled):
        await shop.log_in(logging_in("ann@example.com"))
    refused = await entry_of(shop, AuditAction.USER_LOG_IN_REFUSED)
    assert (refused.object_id, refused.details) == (str(ann.id), {"reason": "account_disabled"})


async def test_throttled_password_guesses_are_not_audited(shop: Shop) -> None:
    failed = 0
    for _ in range(30):
        try:
            await shop.log_in(logging_in("ann@example.com"))
        except WrongCredentials:
            failed += 1
        except TooManyAttempts:
            pass
    assert 0 < failed < 30
    assert len(await audit_log(shop, action=AuditAction.USER_LOG_IN_REFUSED)) == failed


async def test_reuse_of_a_refresh_token_is_audited_with_request_id_and_user(shop: Shop) -> None:
    ann = await shop.customer()
    tokens = await shop.start_session(ann)
    successor = await shop.refresh_session(tokens.refresh.text, actor=SOMEBODY)
    await shop.refresh_session(successor.refresh.text, actor=SOMEBODY)
    with pytest.raises(InvalidRefreshToken):
        await shop.refresh_session(tokens.refresh.text, actor=Actor(None, "request-3"))
    reused = await entry_of(shop, AuditAction.SESSION_TOKEN_REUSED)
    assert (reused.actor_id, reused.request_id, reused.details) == (
        None,
        "request-3",
        {"user_id": str(ann.id)},
    )


async def test_reissued_refresh_token_is_audited(shop: Shop) -> None:
    ann = await shop.customer()
    tokens = await shop.start_session(ann)
    for _ in range(2):
        await shop.refresh_session(tokens.refresh.text, actor=SOMEBODY)
    assert await audit_log(shop, action=AuditAction.SESSION_TOKEN_REISSUED) == []
    shop.clock.advance(2 * GRACE)
    await shop.refresh_session(tokens.refresh.text, actor=Actor(None, "request-5"))
    reissued = await entry_of(shop, AuditAction.SESSION_TOKEN_REISSUED)
    assert (reissued.actor_id, reissued.request_id) == (None, "request-5")
    assert reissued.details == {"user_id": str(ann.id)}


async def test_password_changes_and_wrong_current_passwords_are_audited(shop: Shop) -> None:
    ann = await shop.customer()
    session_id = (await shop.principal_of(await shop.start_session(ann))).session_id
    command = ChangePasswordCommand(
        user_id=ann.id,
        session_id=session_id,
        current_password="canary of somebody",
        new_password=NEW_PASSWORD,
        network=NETWORK,
        actor=Actor(ann.id, "request-4"),
    )
    with pytest.raises(WrongPassword):
        await shop.change_password(command)
    refused = await entry_of(shop, AuditAction.USER_PASSWORD_CHANGE_REFUSED)
    assert (refused.actor_id, refused.object_id, refused.details) == (ann.id, str(ann.id), {})
    await shop.change_password(replace(command, current_password=PASSWORD))
    changed = await entry_of(shop, AuditAction.USER_PASSWORD_CHANGED)
    assert (changed.actor_id, changed.request_id, changed.object_id) == (ann.id, "request-4", str(ann.id))


async def test_role_and_status_changes_are_audited_with_old_values(shop: Shop) -> None:
    boss, ann = await shop.customer(), await shop.customer()
    actor = Actor(boss.id, "request-5")
    ann = await change(shop, ann, AccountChanges(role=Role.STAFF), actor)
    ann = await change(shop, ann, AccountChanges(status=UserStatus.DISABLED), actor)
    await change(shop, ann, AccountChanges(status=UserStatus.ACTIVE), actor)
    recorded = {
        entry.action: entry for entry in await audit_log(shop, actor_id=boss.id, object_id=str(ann.id))
    }
    assert recorded.keys() == {
        AuditAction.USER_ROLE_CHANGED,
        AuditAction.USER_DISABLED,
        AuditAction.USER_ENABLED,
    }
    assert recorded[AuditAction.USER_ROLE_CHANGED].details == {"former_role": "customer", "role": "staff"}


async def test_audit_entries_of_account_changes_do_not_contain_names(shop: Shop) -> None:
    ann = await shop.customer("canary@example.com")
    actor = Actor(ann.id, "request-6")
    await shop.change_me(ChangeMeCommand(user_id=ann.id, expected_version=1, full_name="Canary", actor=actor))
    await shop.close_account(CloseAccountCommand(user_id=ann.id, expected_version=2, actor=actor))
    recorded = await audit_log(shop, object_id=str(ann.id))
    assert {entry.action for entry in recorded} == {
        AuditAction.USER_SIGNED_UP,
        AuditAction.USER_CHANGED,
        AuditAction.USER_CLOSED,
    }
    assert [dict(entry.details) for entry in recorded if entry.details] == [{"role": "customer"}]
