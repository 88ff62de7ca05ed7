"""After an account is closed, only the data that must remain is stored."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import pytest

from application.orders.access import OrderAccess
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.views import OrderView
from application.sessions.log_in import WrongCredentials
from application.shared.idempotency import IdempotentOperation, IdempotentResult
from application.signing.ports import InvalidToken
from application.users.close_account import CloseAccountCommand
from application.users.ports import UserFilter
from application.users.queries import GetMe
from application.users.sign_up import SignUpCommand
from application.users.views import UserView
from domain.orders.lifecycle import InvalidTransition, OrderStatus
from domain.orders.order_return import InvalidReturnTransition
from domain.sessions.refresh_token import InvalidRefreshToken
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, PreconditionFailed
from domain.users.administering import LastAdmin
from domain.users.permissions import Role
from domain.users.user import AccountDisabled, UserStatus
from entrypoints.email_addresses import sought_email_address
from tests.invariants import assert_invariants
from tests.kit.accounts import PASSWORD
from tests.kit.actors import SOMEBODY
from tests.kit.examples import ADDRESS
from tests.kit.shop import Shop

ANN = SignUpCommand(
    email=sought_email_address("ann@example.com"), password=PASSWORD, full_name="Ann", actor=SOMEBODY
)


async def sign_up(shop: Shop, role: Role = Role.CUSTOMER) -> UserView:
    key = shop.commands.key("Ann", operation=IdempotentOperation.CREATE_USER, principal="anybody")
    return (await shop.sign_up(replace(ANN, role=role, key=key))).result


def closing(user: UserView) -> CloseAccountCommand:
    return CloseAccountCommand(user_id=user.id, expected_version=user.version, actor=Actor(user.id, "test"))


def personal(command: PlaceOrderCommand) -> PlaceOrderCommand:
    request = replace(command.request, shipping_address=ADDRESS, note="Ring twice", metadata={"gift": "Bob"})
    return replace(command, request=request)


async def test_closing_an_account_erases_personal_data_and_disables_log_in(shop: Shop) -> None:
    ann = await sign_up(shop)
    tokens = await shop.start_session(ann)
    await shop.close_account(closing(ann))
    closed = await shop.get_user(ann.id)
    assert closed.status is UserStatus.CLOSED
    assert (closed.full_name, closed.email_verified, closed.email) == (None, False, None)
    with pytest.raises(InvalidToken):
        await GetMe(shop.store.users)(ann.id)
    with pytest.raises(InvalidRefreshToken):
        await shop.refresh_session(tokens.refresh.text, actor=SOMEBODY)
    with pytest.raises(WrongCredentials):
        await shop.start_session(ann)
    async with shop.store.unit_of_work() as work:
        kept = await work.users.peek(ann.id)
    assert kept
    assert (kept.email, kept.password_hash) == (None, None)
    assert (await shop.store.outbox.counts(of=[ann.id]))["user.closed"] == 1


async def test_account_can_be_closed_despite_a_sign_up_with_the_old_placeholder_email(shop: Shop) -> None:
    ann = await sign_up(shop)
    former_placeholder = sought_email_address(f"{ann.id}@closed.invalid")
    await shop.sign_up(replace(ANN, email=former_placeholder))
    await shop.close_account(closing(ann))
    assert (await shop.get_user(ann.id)).status is UserStatus.CLOSED


async def test_several_closed_accounts_can_have_null_as_their_email_address(shop: Shop) -> None:
    for _ in range(2):
        await shop.close_account(closing(await sign_up(shop)))
    closed = await shop.list_users(
        UserFilter(status=UserStatus.CLOSED), descending=False, after=None, limit=9
    )
    assert [user.email for user in closed.items] == [None, None]


async def test_email_address_of_a_closed_account_can_be_used_again(shop: Shop) -> None:
    ann = await sign_up(shop)
    await shop.close_account(closing(ann))
    again = (await shop.sign_up(ANN)).result
    assert again.id != ann.id
    await shop.start_session(again)


async def test_orders_of_a_closed_account_have_totals_but_no_shipping_addresses(shop: Shop) -> None:
    ann, mug = await sign_up(shop), await shop.product(stock=9)
    cancelled = (await shop.place_order(personal(shop.commands.place_order((mug, 1), customer=ann)))).result
    await shop.cancel(cancelled)
    pending = (await shop.place_order(personal(shop.commands.place_order((mug, 2), customer=ann)))).result
    await shop.close_account(closing(ann))
    for order in (cancelled, pending):
        kept = await shop.get_order(order.id, access=OrderAccess.all())
        assert kept.status is OrderStatus.CANCELLED
        assert (kept.shipping_address, kept.note, kept.metadata) == (None, None, {})
        lines = tuple(replace(line, cancelled=line.quantity) for line in order.lines)
        assert (kept.lines, kept.total, kept.customer_id) == (lines, order.total, ann.id)
    assert (await shop.get_stock(mug.id)).available == 9
    await assert_invariants(shop)


async def test_closing_an_account_erases_cancellation_reasons_of_the_user_from_events(shop: Shop) -> None:
    ann, mug = await sign_up(shop), await shop.product(stock=9)
    by_ann, by_staff, unpublished = [
        (await shop.place_order(shop.commands.place_order((mug, 1), customer=ann))).result for _ in range(3)
    ]
    await cancel(shop, by_ann, "Ann", Actor(ann.id, "test"))
    await cancel(shop, by_staff, "Damaged", SOMEBODY)
    before = await reasons_in_feed(shop)
    await cancel(shop, unpublished, "Ann", Actor(ann.id, "test"))
    await shop.close_account(closing(ann))
    assert before == {by_ann.id: "Ann", by_staff.id: "Damaged"}
    assert await reasons_in_feed(shop) == {by_ann.id: None, by_staff.id: "Damaged", unpublished.id: None}


async def cancel(shop: Shop, order: OrderView, reason: str, actor: Actor) -> None:
    await shop.cancel_order(replace(shop.commands.cancel_order(order), reason=reason, actor=actor))


async def reasons_in_feed(shop: Shop) -> dict[UUID, str | None]:
    """Publish all events, and return the cancellation reasons in the events of canceled orders."""
    while await shop.store.event_feed.publish_new(limit=100):
        pass
    page = await shop.store.event_feed.read(after=None, type_="order.cancelled", limit=100)
    return {event.aggregate_id: json.loads(event.data)["reason"] for event in page.events}


@pytest.mark.parametrize(
    ("status", "error"), [(UserStatus.DISABLED, AccountDisabled), (UserStatus.CLOSED, InvalidToken)]
)
async def test_disabled_and_closed_accounts_cannot_place_orders(
    shop: Shop, status: UserStatus, error: type[DomainError]
) -> None:
    ann, bob, mug = await sign_up(shop), await shop.customer(), await shop.product(stock=9)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(ann.id)
        assert user is not None
        user.status = status
        await work.users.save(user)
        await work.commit()
    refused, accepted = await asyncio.gather(
        *(
            shop.place_order(personal(shop.commands.place_order((mug, 1), customer=each)))
            for each in (ann, bob)
        ),
        return_exceptions=True,
    )
    assert isinstance(refused, error)
    assert isinstance(accepted, IdempotentResult)
    assert await shop.orders_of(ann) == ()
    assert (await shop.get_stock(mug.id)).available == 8
    await assert_invariants(shop)


async def test_shipping_address_of_an_order_placed_during_account_closure_is_erased(shop: Shop) -> None:
    mug = await shop.product(stock=99)
    for _ in range(5):
        ann = await sign_up(shop)
        processes = [shop.other_process() for _ in range(3)]
        places = [
            process(personal(shop.commands.place_order((mug, 1), customer=ann))) for process in processes
        ]
        *placed, closed = await asyncio.gather(
            *places, shop.close_account(closing(ann)), return_exceptions=True
        )
        assert closed is None
        assert {type(each) for each in placed} <= {IdempotentResult, InvalidToken}
        for order in await shop.orders_of(ann):
            assert (order.status, order.shipping_address) == (OrderStatus.CANCELLED, None)
    assert (await shop.get_stock(mug.id)).available == 99
    await assert_invariants(shop)


async def test_paid_order_of_a_closed_account_keeps_its_shipping_address_until_shipped(shop: Shop) -> None:
    ann, mug = await sign_up(shop), await shop.product(stock=9)
    order = (await shop.place_order(personal(shop.commands.place_order((mug, 1), customer=ann)))).result
    await shop.pay(order)
    await shop.close_account(closing(ann))
    await shop.erase_closed_accounts()
    assert (await shop.get_order(order.id, access=OrderAccess.all())).shipping_address == ADDRESS
    await shop.fulfil(order, 1)
    await shop.erase_closed_accounts()
    assert (await shop.get_order(order.id, access=OrderAccess.all())).shipping_address is None
    await assert_invariants(shop)


async def test_closing_an_account_erases_idempotency_records_about_returns_of_the_user(shop: Shop) -> None:
    ann, mug = await sign_up(shop), await shop.product(stock=9)
    order = (await shop.place_order(shop.commands.place_order((mug, 1), customer=ann))).result
    await shop.pay(order)
    await shop.fulfil(order, 1)
    requested = (await shop.request_return(shop.commands.request_return(order, 1))).result
    approving = shop.commands.decide_return(requested, IdempotentOperation.APPROVE_RETURN, key="approve")
    await shop.approve_return(approving, refund=None)
    assert (await shop.approve_return(approving, refund=None)).result.reason == requested.reason
    await shop.close_account(closing(ann))
    with pytest.raises(InvalidReturnTransition):
        await shop.approve_return(approving, refund=None)


async def test_closing_an_account_erases_no_data_of_other_accounts(shop: Shop) -> None:
    ann, bob, mug = await sign_up(shop), await shop.customer(), await shop.product(stock=9)
    of_bob = (await shop.place_order(personal(shop.commands.place_order((mug, 1), customer=bob)))).result
    await shop.cancel(of_bob)
    await shop.start_session(bob)
    before = await shop.get_order(of_bob.id, access=OrderAccess.all())
    await shop.close_account(closing(ann))
    await shop.erase_closed_accounts()
    assert await shop.get_order(of_bob.id, access=OrderAccess.all()) == before
    assert len((await shop.list_sessions(bob.id, after=None, limit=9)).items) == 1


async def test_closing_an_account_keeps_idempotency_records_of_other_accounts(shop: Shop) -> None:
    ann, mug = await sign_up(shop), await shop.product(stock=9)
    key = shop.commands.key("Ann", operation=IdempotentOperation.CREATE_USER, principal="anybody", key="kept")
    bob = (await shop.sign_up(replace(ANN, email=sought_email_address("bob@example.com"), key=key))).result
    placing = shop.commands.place_order((mug, 1), customer=ann)
    await shop.place_order(placing)
    await shop.close_account(closing(ann))
    assert (
        await shop.sign_up(replace(ANN, email=sought_email_address("bob@example.com"), key=key))
    ).result == bob, "of others"
    replayed = await shop.place_order(placing)
    assert replayed.result.status is OrderStatus.CANCELLED, "the order as it is now, not as it was kept"


async def test_staff_idempotency_records_about_orders_of_a_closed_account_are_erased(shop: Shop) -> None:
    ann, bob, mug = await sign_up(shop), await shop.customer(), await shop.product(stock=9)
    before, after, of_bob = [
        (await shop.place_order(personal(shop.commands.place_order((mug, 1), customer=customer)))).result
        for customer in (ann, ann, bob)
    ]
    await shop.pay(after)
    canceling = [shop.commands.cancel_order(order) for order in (before, after, of_bob)]
    await shop.cancel_order(canceling[0])
    await shop.cancel_order(canceling[2])
    await shop.close_account(closing(ann))
    await shop.cancel_order(canceling[1])
    await shop.erase_closed_accounts()
    for command in canceling[:2]:
        with pytest.raises(InvalidTransition):
            await shop.cancel_order(command)
    assert (await shop.cancel_order(canceling[2])).replayed, "of others"


async def test_closing_an_account_requires_the_expected_version(shop: Shop) -> None:
    ann = await sign_up(shop)
    with pytest.raises(PreconditionFailed):
        await shop.close_account(closing(replace(ann, version=7)))
    assert await shop.get_user(ann.id) == ann


async def test_account_of_the_last_admin_cannot_be_closed(shop: Shop) -> None:
    boss = await sign_up(shop, Role.ADMIN)
    with pytest.raises(LastAdmin):
        await shop.close_account(closing(boss))
    other = SignUpCommand(
        email=sought_email_address("other@example.com"), password=PASSWORD, role=Role.ADMIN, actor=SOMEBODY
    )
    deputy = (await shop.sign_up(other)).result
    outcomes = await asyncio.gather(
        *(shop.close_account(closing(admin)) for admin in (boss, deputy)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [LastAdmin]


async def test_only_one_of_three_concurrent_closures_of_an_account_succeeds(shop: Shop) -> None:
    ann = await sign_up(shop)
    outcomes = await asyncio.gather(
        *(shop.close_account(closing(ann)) for _ in range(3)), return_exceptions=True
    )
    assert outcomes.count(None) == 1
