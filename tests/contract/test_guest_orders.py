"""Staff and clients place orders for guests. Guests read orders with a token, and claim orders with an account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from application.orders.access import OrderAccess
from application.orders.ports import OrderFilter
from application.orders.views import GuestView, OrderView
from application.shared.idempotency import IdempotentOperation
from application.users.close_account import CloseAccountCommand
from application.users.views import UserView
from domain.orders.address import Address
from domain.orders.guest import Guest
from domain.orders.hold_limits import EmailNotVerified, HoldLimits
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.statuses import OrderPaymentStatus
from domain.shared.actor import Actor
from domain.shared.errors import NotFound, ValidationFailed
from domain.shared.ids import CallerId, ClientId, OrderId
from domain.users.email_address import EmailAddress
from tests.invariants import assert_invariants, every_order, history
from tests.kit.actors import SOMEBODY
from tests.kit.shop import HOLD, Shop

EMAIL = EmailAddress.of("Ann", "example.com")
GUEST = Guest(email=EMAIL, full_name="Ann Example")
ADDRESS = Address(
    name="Ann", line1="1 High Street", line2=None, city="Dublin", region=None, postal_code=None, country="IE"
)


@pytest.fixture
def service_client(shop: Shop) -> CallerId:
    """The id of a service client."""
    return ClientId(shop.ids.new())


async def an_order(
    shop: Shop, service_client: CallerId, *, guest: Guest = GUEST, key: str | None = None
) -> OrderView:
    placing = shop.commands.place_order(
        (await shop.product(stock=5), 1), customer=guest, placed_by=service_client, key=key
    )
    request = replace(placing.request, shipping_address=ADDRESS, note="Ring twice")
    return (await shop.place_order(replace(placing, request=request))).result


async def an_account(shop: Shop, *, is_verified: bool = True) -> UserView:
    """Return an account with the e-mail address of the guest."""
    account = await shop.customer()
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(account.id)
        assert user is not None
        user.email, user.email_verified = EMAIL, is_verified
        await work.users.save(user)
        await work.commit()
    return await shop.get_user(account.id)


async def read(shop: Shop, order: OrderView, version: int) -> OrderView:
    return await shop.get_guest_order(order.id, is_valid=lambda valid: valid == version)


async def test_order_of_a_guest_can_be_placed_and_paid_and_fulfilled(
    shop: Shop, service_client: CallerId
) -> None:
    order = await an_order(shop, service_client)
    assert (order.customer_id, order.guest) == (None, GuestView("Ann@example.com", "Ann Example"))
    await shop.pay(order)
    await shop.fulfil(await shop.current_order(order))
    fulfilled = await shop.current_order(order)
    assert (fulfilled.status, fulfilled.payment_status) == (OrderStatus.FULFILLED, OrderPaymentStatus.PAID)
    assert fulfilled.guest == order.guest
    await assert_invariants(shop)


async def test_hold_limits_of_customers_do_not_apply_to_guests(shop: Shop, service_client: CallerId) -> None:
    shop.hold_limits = HoldLimits(max_unpaid_orders=1, max_units_held=1, requires_verified_email=True)
    orders = [await an_order(shop, service_client) for _ in range(2)]
    assert len(orders) == len(await every_order(shop))


async def test_invalid_name_of_a_guest_is_rejected(shop: Shop, service_client: CallerId) -> None:
    with pytest.raises(ValidationFailed) as rejected:
        await an_order(shop, service_client, guest=replace(GUEST, full_name="x" * 201))
    assert [violation.path for violation in rejected.value.violations] == [("guest", "full_name")]


async def test_order_request_with_inconsistent_customer_fields_is_rejected(
    shop: Shop, service_client: CallerId
) -> None:
    request = shop.commands.place_order(
        (await shop.product(stock=5), 1), customer=GUEST, placed_by=service_client
    ).request
    for changes in ({"guest": None}, {"placed_by": None}, {"customer_id": (await shop.customer()).id}):
        with pytest.raises(ValueError, match="guest"):
            replace(request, **changes)


async def test_guest_can_read_an_order_only_with_the_latest_order_token(
    shop: Shop, service_client: CallerId
) -> None:
    order = await an_order(shop, service_client)
    assert await read(shop, order, 1) == replace(order, allowed_actions=())
    with pytest.raises(NotFound):
        await read(shop, order, 2)
    assert await shop.renew_order_token(order.id, actor=Actor(service_client, "test")) == 2
    with pytest.raises(NotFound):
        await read(shop, order, 1)
    assert (await read(shop, order, 2)).id == order.id
    assert await shop.renew_order_token(order.id, actor=Actor(service_client, "test")) == 3


async def test_order_of_a_customer_has_no_order_token(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    for version in (1, 2):
        with pytest.raises(NotFound):
            await read(shop, order, version)
    with pytest.raises(NotFound):
        await shop.renew_order_token(order.id, actor=SOMEBODY)


async def test_guest_cannot_read_an_order_that_is_claimed_during_the_request(
    shop: Shop, service_client: CallerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, ann = await an_order(shop, service_client), await an_account(shop)
    token_version = shop.store.orders.token_version

    async def token_version_before_a_claim(order_id: OrderId) -> int | None:
        version = await token_version(order_id)
        assert await shop.claim_guest_orders(ann.id, actor=SOMEBODY) == 1
        return version

    monkeypatch.setattr(shop.store.orders, "token_version", token_version_before_a_claim)
    with pytest.raises(NotFound):
        await read(shop, order, 1)


async def test_account_claims_guest_orders_that_have_its_verified_email_address(
    shop: Shop, service_client: CallerId
) -> None:
    orders = [await an_order(shop, service_client), await an_order(shop, service_client)]
    other = await an_order(shop, service_client, guest=Guest(email=EmailAddress.of("bob", "example.com")))
    await shop.pay(orders[0])
    ann = await an_account(shop)
    actor = Actor(ann.id, "claim")
    assert await shop.claim_guest_orders(ann.id, actor=actor) == 2
    assert await shop.claim_guest_orders(ann.id, actor=actor) == 0
    claimed = await shop.orders_of(ann)
    assert {order.id for order in claimed} == {order.id for order in orders}
    assert {(order.customer_id, order.guest) for order in claimed} == {(ann.id, None)}
    assert (await shop.current_order(other)).guest == other.guest
    last = (await history(shop, orders[0]))[-1]
    assert (last.action, last.actor_id) == (Action.CLAIM, ann.id)
    assert (await shop.store.outbox.counts())["order.claimed"] == 2
    with pytest.raises(NotFound):
        await read(shop, orders[0], 1)
    cancelled = await shop.cancel(claimed[1], access=OrderAccess.own(ann.id))
    assert cancelled.status is OrderStatus.CANCELLED
    await assert_invariants(shop)


async def test_account_with_an_unverified_email_address_cannot_claim_guest_orders(
    shop: Shop, service_client: CallerId
) -> None:
    order = await an_order(shop, service_client)
    ann = await an_account(shop, is_verified=False)
    with pytest.raises(EmailNotVerified):
        await shop.claim_guest_orders(ann.id, actor=SOMEBODY)
    assert await shop.current_order(order) == order


async def test_idempotency_key_of_a_claimed_order_places_no_second_order(
    shop: Shop, service_client: CallerId
) -> None:
    placing = shop.commands.place_order(
        (await shop.product(stock=5), 1), customer=GUEST, placed_by=service_client
    )
    order = (await shop.place_order(placing)).result
    ann = await an_account(shop)
    await shop.claim_guest_orders(ann.id, actor=SOMEBODY)
    again = await shop.place_order(placing)
    assert (again.replayed, again.result) == (True, order)
    assert await shop.store.replays.prune(before=datetime.now(UTC) + timedelta(days=1), limit=9) == 1
    again = await shop.place_order(placing)
    assert (again.is_current_state, again.result.customer_id) == (True, ann.id)
    await assert_invariants(shop)


async def test_closing_an_account_erases_guest_data_from_orders_claimed_by_the_account(
    shop: Shop, service_client: CallerId
) -> None:
    unpaid, paid, shipped = [await an_order(shop, service_client, key=key) for key in "abc"]
    for order in (paid, shipped):
        await shop.pay(order)
    await shop.fulfil(await shop.current_order(shipped))
    ann = await an_account(shop)
    await shop.close_account(
        CloseAccountCommand(user_id=ann.id, expected_version=ann.version, actor=Actor(ann.id, "close"))
    )
    assert (await shop.current_order(unpaid)).status is OrderStatus.CANCELLED
    for order in (unpaid, shipped):
        erased = await shop.current_order(order)
        assert (erased.guest, erased.shipping_address, erased.note) == (None, None, None)
    assert ((await shop.current_order(paid)).guest, (await shop.current_order(paid)).note) == (
        None,
        "Ring twice",
    )
    async with shop.store.unit_of_work() as work:
        keys = [
            shop.commands.key(
                None, operation=IdempotentOperation.PLACE_ORDER, principal=str(service_client), key=k
            )
            for k in "abc"
        ]
        assert await work.idempotency.claim(keys, OrderView) == {}
    await assert_invariants(shop)


async def test_pruned_order_of_a_guest_leaves_no_personal_data(shop: Shop, service_client: CallerId) -> None:
    order = await an_order(shop, service_client, key="k")
    shop.clock.advance(HOLD)
    assert await shop.expire() == 1
    await shop.order(await shop.product(stock=5))
    before = shop.clock.now() + timedelta(seconds=1)
    assert await shop.store.expired_orders.prune(before=before, limit=9) == 1
    with pytest.raises(NotFound):
        await shop.current_order(order)
    async with shop.store.unit_of_work() as work:
        key = shop.commands.key(
            None, operation=IdempotentOperation.PLACE_ORDER, principal=str(service_client), key="k"
        )
        [stored] = (await work.idempotency.claim([key], OrderView)).values()
    assert (stored.result.status, stored.result.guest) == (OrderStatus.EXPIRED, None)


async def test_staff_can_find_the_orders_of_a_guest_by_the_email_address(
    shop: Shop, service_client: CallerId
) -> None:
    order, ann = await an_order(shop, service_client), await an_account(shop)
    own = await shop.order(await shop.product(stock=5), customer=ann)
    await shop.order(await shop.product(stock=5))
    page = await shop.list_orders(
        OrderFilter(email=EMAIL), access=OrderAccess.all(), descending=False, after=None, limit=9
    )
    assert {each.id for each in page.items} == {order.id, own.id}
