"""Owners and admins change accounts, in memory and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from application.shared.errors import Overloaded
from application.shared.idempotency import IdempotentOperation
from application.shared.page import Page, Position
from application.users.change_me import ChangeMeCommand
from application.users.change_password import ChangePasswordCommand
from application.users.change_user import ChangeUserCommand
from application.users.password_check import WrongPassword
from application.users.ports import EmailTaken, UserFilter
from application.users.sign_up import SignUpCommand
from application.users.views import UserView
from domain.sessions.refresh_token import InvalidRefreshToken
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden, NotFound, PreconditionFailed
from domain.shared.ids import SessionId, UserId
from domain.shared.unset import UNSET
from domain.users.administering import AccountChanges, AccountClosed, LastAdmin
from domain.users.password import WeakPassword
from domain.users.permissions import Role
from domain.users.user import AccountDisabled, UserStatus
from entrypoints.email_addresses import sought_email_address
from tests.kit.accounts import BREACHED_PASSWORD, NETWORK, PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.pages import all_items
from tests.kit.shop import Shop

NEW_PASSWORD = "another password of some length"
DISABLE, ENABLE = AccountChanges(status=UserStatus.DISABLED), AccountChanges(status=UserStatus.ACTIVE)


async def sign_up(shop: Shop, name: str, role: Role = Role.CUSTOMER) -> UserView:
    command = SignUpCommand(
        email=sought_email_address(f"{name}@example.com"),
        password=PASSWORD,
        full_name=name,
        role=role,
        actor=SOMEBODY,
    )
    return (await shop.sign_up(command)).result


async def change(
    shop: Shop, user: UserView, changes: AccountChanges, actor: UserView | None = None
) -> UserView:
    seen = await shop.get_user(user.id)
    return await shop.change_user(
        ChangeUserCommand(
            user_id=user.id,
            expected_version=seen.version,
            changes=changes,
            actor=Actor(actor.id, "test") if actor else SOMEBODY,
        )
    )


async def test_role_change_records_an_event(shop: Shop) -> None:
    boss, ann = await sign_up(shop, "boss", Role.ADMIN), await sign_up(shop, "ann")
    shop.clock.advance(timedelta(days=1))
    changed = await change(shop, ann, AccountChanges(role=Role.STAFF), boss)
    assert changed == replace(ann, role=Role.STAFF, version=2, updated_at=shop.clock.now())
    assert await shop.get_user(ann.id) == changed
    assert (await shop.store.outbox.counts(of=[ann.id]))["user.role_changed"] == 1


async def test_account_change_to_equal_values_keeps_the_account_version(shop: Shop) -> None:
    boss, ann = await sign_up(shop, "boss", Role.ADMIN), await sign_up(shop, "ann")
    for changes in (AccountChanges(), AccountChanges(role=Role.CUSTOMER, status=UserStatus.ACTIVE)):
        assert await change(shop, ann, changes, boss) == ann


async def test_disabled_account_has_no_sessions_and_can_be_enabled_again(shop: Shop) -> None:
    boss, ann = await sign_up(shop, "boss", Role.ADMIN), await sign_up(shop, "ann")
    tokens = await shop.start_session(ann)
    assert (await change(shop, ann, DISABLE, boss)).status is UserStatus.DISABLED
    with pytest.raises(InvalidRefreshToken):
        await shop.refresh_session(tokens.refresh.text, actor=SOMEBODY)
    with pytest.raises(AccountDisabled):
        await shop.start_session(ann)
    assert (await change(shop, ann, ENABLE, boss)).status is UserStatus.ACTIVE
    await shop.start_session(ann)


@pytest.mark.parametrize(
    "changes", [AccountChanges(role=Role.STAFF), AccountChanges(role=Role.ADMIN), DISABLE, ENABLE]
)
async def test_admin_cannot_change_own_role_or_status(shop: Shop, changes: AccountChanges) -> None:
    boss = await sign_up(shop, "boss", Role.ADMIN)
    await sign_up(shop, "other", Role.ADMIN)
    with pytest.raises(Forbidden):
        await change(shop, boss, changes, boss)
    assert await shop.get_user(boss.id) == boss


@pytest.mark.parametrize("changes", [AccountChanges(role=Role.CUSTOMER), DISABLE])
async def test_last_admin_cannot_be_demoted_by_a_service_client(shop: Shop, changes: AccountChanges) -> None:
    boss, former = await sign_up(shop, "boss", Role.ADMIN), await sign_up(shop, "former", Role.ADMIN)
    await change(shop, former, DISABLE, boss)
    with pytest.raises(LastAdmin):
        await change(shop, boss, changes)
    assert await shop.get_user(boss.id) == boss


async def test_one_admin_remains_if_two_admins_demote_each_other_concurrently(shop: Shop) -> None:
    one, other = [await sign_up(shop, name, Role.ADMIN) for name in ("one", "other")]
    outcomes = await asyncio.gather(
        change(shop, one, AccountChanges(role=Role.STAFF), other),
        change(shop, other, DISABLE, one),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [LastAdmin]
    criteria = UserFilter(role=Role.ADMIN, status=UserStatus.ACTIVE)
    assert len((await shop.list_users(criteria, descending=False, after=None, limit=9)).items) == 1


async def test_account_change_requires_the_expected_version(shop: Shop) -> None:
    boss, ann = await sign_up(shop, "boss", Role.ADMIN), await sign_up(shop, "ann")
    command = ChangeUserCommand(
        user_id=ann.id, expected_version=2, changes=DISABLE, actor=Actor(boss.id, "test")
    )
    with pytest.raises(PreconditionFailed):
        await shop.change_user(command)
    with pytest.raises(NotFound):
        await shop.change_user(replace(command, user_id=UserId(shop.ids.new())))


async def test_closed_account_cannot_be_changed(shop: Shop) -> None:
    ann = await sign_up(shop, "ann")
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(ann.id)
        assert user
        user.status = UserStatus.CLOSED
        await work.users.save(user)
        await work.commit()
    with pytest.raises(AccountClosed):
        await change(shop, ann, ENABLE)


async def test_user_can_change_and_remove_own_name(shop: Shop) -> None:
    ann = await sign_up(shop, "ann")
    for name in ("Ann", None):
        ann = await shop.change_me(
            ChangeMeCommand(user_id=ann.id, expected_version=ann.version, full_name=name, actor=SOMEBODY)
        )
        assert (ann.full_name, await shop.get_user(ann.id)) == (name, ann)
    stale = ChangeMeCommand(user_id=ann.id, expected_version=1, full_name="Bob", actor=SOMEBODY)
    with pytest.raises(PreconditionFailed):
        await shop.change_me(stale)
    unchanged = await shop.change_me(replace(stale, expected_version=ann.version, full_name=UNSET))
    assert unchanged == ann


def changing(user: UserView, session_id: SessionId, **fields: str) -> ChangePasswordCommand:
    passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, **fields}
    return ChangePasswordCommand(
        user_id=user.id,
        session_id=session_id,
        network=NETWORK,
        actor=SOMEBODY,
        **passwords,  # type: ignore[arg-type]  # the values contain no idempotency key
    )


async def test_password_change_ends_all_other_sessions_of_the_user(shop: Shop) -> None:
    ann = await sign_up(shop, "ann")
    here, elsewhere = await shop.start_session(ann), await shop.start_session(ann)
    session_id = (await shop.principal_of(here)).session_id
    await shop.change_password(changing(ann, session_id))
    await shop.refresh_session(here.refresh.text, actor=SOMEBODY)
    with pytest.raises(InvalidRefreshToken):
        await shop.refresh_session(elsewhere.refresh.text, actor=SOMEBODY)
    assert await shop.hasher.verify(NEW_PASSWORD, await password_hash(shop, ann))
    assert (await shop.store.outbox.counts(of=[ann.id]))["user.password_changed"] == 1


async def password_hash(shop: Shop, user: UserView) -> str:
    async with shop.store.unit_of_work() as work:
        kept = await work.users.peek(user.id)
    assert kept
    assert kept.password_hash
    return kept.password_hash


@pytest.mark.parametrize(
    ("fields", "refusal", "place"),
    [
        ({"current_password": "a wrong password"}, WrongPassword, "current_password"),
        ({"new_password": "short"}, WeakPassword, "new_password"),
        ({"new_password": BREACHED_PASSWORD}, WeakPassword, "new_password"),
    ],
)
async def test_rejected_password_change_names_the_field_and_keeps_the_session(
    shop: Shop, fields: dict[str, str], refusal: type[WeakPassword | WrongPassword], place: str
) -> None:
    ann = await sign_up(shop, "ann")
    tokens = await shop.start_session(ann)
    with pytest.raises(refusal) as refused:
        await shop.change_password(changing(ann, SessionId(shop.ids.new()), **fields))
    assert [violation.path for violation in refused.value.violations] == [(place,)]
    await shop.refresh_session(tokens.refresh.text, actor=SOMEBODY)
    await shop.start_session(ann)


async def test_only_one_of_several_concurrent_password_changes_succeeds(shop: Shop) -> None:
    ann = await sign_up(shop, "ann")
    here = SessionId(shop.ids.new())

    async def changed(number: int) -> None:
        shop.clock.advance(timedelta(microseconds=1))
        await shop.change_password(changing(ann, here, new_password=f"{NEW_PASSWORD} {number}"))

    shop.hasher.call_during_next_verification(lambda: changed(1))
    with pytest.raises(WrongPassword):
        await changed(2)
    assert await shop.hasher.verify(f"{NEW_PASSWORD} 1", await password_hash(shop, ann))


async def test_retried_password_change_with_the_same_idempotency_key_is_replayed(shop: Shop) -> None:
    ann = await sign_up(shop, "ann")
    key = shop.commands.key("new", operation=IdempotentOperation.CHANGE_PASSWORD, principal=str(ann.id))
    command = replace(changing(ann, SessionId(shop.ids.new())), key=key)
    first, again = await shop.change_password(command), await shop.change_password(command)
    assert (first.replayed, again.replayed) == (False, True)
    with pytest.raises(WrongPassword):
        await shop.change_password(replace(command, key=None))


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (UserFilter(), ["ann", "bob", "boss", "staff"]),
        (UserFilter(role=Role.CUSTOMER), ["ann", "bob"]),
        (UserFilter(status=UserStatus.DISABLED), ["bob"]),
        (UserFilter(role=Role.STAFF, status=UserStatus.ACTIVE), ["staff"]),
        (UserFilter(email=sought_email_address("boss@example.com")), ["boss"]),
        (UserFilter(email=sought_email_address("example.com")), []),
        (UserFilter(status=UserStatus.CLOSED), []),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
async def test_accounts_can_be_listed_and_filtered(
    shop: Shop, criteria: UserFilter, expected: list[str], *, descending: bool
) -> None:
    for name, role in (
        ("ann", Role.CUSTOMER),
        ("bob", Role.CUSTOMER),
        ("boss", Role.ADMIN),
        ("staff", Role.STAFF),
    ):
        user = await sign_up(shop, name, role)
        if name == "bob":
            await change(shop, user, DISABLE)

    async def page_after(after: Position | None) -> Page[UserView]:
        return await shop.list_users(criteria, descending=descending, after=after, limit=1)

    listed = [user.full_name for user in await all_items(page_after)]
    assert listed == (expected[::-1] if descending else expected)


async def test_role_change_locks_the_rows_of_the_user_and_of_all_admins(shop: Shop) -> None:
    boss, ann = await sign_up(shop, "boss", Role.ADMIN), await sign_up(shop, "ann")
    async with shop.store.unit_of_work() as work:
        assert list(await work.users.lock_admins()) == [boss.id]
        async with shop.store.unit_of_work_with_short_timeout() as another:
            assert await another.users.get(ann.id)
            with pytest.raises(Overloaded):
                await another.users.lock_admins()
        async with shop.store.unit_of_work_with_short_timeout() as another:
            with pytest.raises(Overloaded):
                await another.users.get(boss.id)
        async with shop.store.unit_of_work_with_short_timeout() as another:
            assert await another.users.peek(boss.id)


async def test_order_waits_while_the_account_of_its_customer_is_being_changed(shop: Shop) -> None:
    ann, mug = await sign_up(shop, "ann"), await shop.product(stock=1)
    async with shop.store.unit_of_work() as work:
        assert await work.users.get(ann.id)
        async with shop.store.unit_of_work_with_short_timeout() as another:
            with pytest.raises(Overloaded):
                await another.orders.await_locks({ann.id}, {mug.id})
        async with shop.store.unit_of_work_with_short_timeout() as another:
            context = await another.orders.lock_for_placing({ann.id}, {mug.id}, keys=(), holds_at=None)
            assert context.locked_elsewhere == {ann.id}
    await shop.order(mug, customer=ann)


async def test_sign_up_with_the_email_address_of_a_disabled_account_is_rejected(shop: Shop) -> None:
    ann = await sign_up(shop, "ann")
    await change(shop, ann, DISABLE)
    with pytest.raises(EmailTaken):
        await sign_up(shop, "ann")
