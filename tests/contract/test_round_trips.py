"""Each aggregate is written and read with a non-default value in every field."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from itertools import count
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest

from application.catalog.views import ProductView
from application.orders.views import ReturnView
from application.webhooks.views import EndpointView
from domain.catalog.product import Product, ProductDetails, ProductStatus
from domain.catalog.stock import Stock
from domain.clients.client import ServiceClient
from domain.clients.secret import ClientSecret
from domain.orders.address import Address
from domain.orders.fulfillment import FulfilledLine, Fulfillment
from domain.orders.guest import Guest
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn, ReturnedLine, ReturnStatus
from domain.orders.order_state import StatusChange
from domain.payments.payment import (
    CaptureMethod,
    DisputeStatus,
    Payment,
    PaymentMethod,
    PaymentOperation,
    PaymentOrigin,
    PaymentStatus,
)
from domain.payments.refund import Refund, RefundChannel, RefundedLine, RefundOrigin, RefundStatus
from domain.sessions.session import Session
from domain.shared.ids import OrderId, UserId
from domain.shared.money import Money
from domain.users.email_address import EmailAddress
from domain.users.email_change import EmailChange
from domain.users.one_time_token import OneTimeToken, TokenPurpose
from domain.users.pending_sign_up import PendingSignUp
from domain.users.permissions import Role, Scope
from domain.users.user import User, UserStatus
from domain.webhooks.endpoint import WebhookEndpoint
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


class Values:
    """Creates a value for each type. All values are distinct."""

    def __init__(self, shop: Shop) -> None:
        self._numbers = count(11)
        self._by_type: Mapping[object, Callable[[str], object]] = {
            str: lambda name: f"{name}-{self._next()}",
            int: lambda _: self._next(),
            bool: lambda _: True,
            bytes: lambda _: self._next().to_bytes(32, "big"),
            Mapping[str, str]: lambda name: {name: f"{name}-{self._next()}"},
            ProductDetails: lambda _: self.fill(ProductDetails),
            datetime: lambda _: NOW + timedelta(seconds=self._next()),
            dict[str, str]: lambda name: {name: f"{name}-{self._next()}"},
            Money: lambda _: Money(self._next(), "EUR"),
            Guest: lambda _: self.fill(Guest),
            EmailAddress: lambda _: EmailAddress.of(f"Someone-{self._next()}", "example.com"),
            UUID: lambda _: shop.ids.new(),
        }

    def _next(self) -> int:
        return next(self._numbers)

    def fill(self, kind: type[Any], **given: Any) -> Any:
        """Create an object with a value in every field.

        Fails if a field has no value, or has its default value.
        """
        hints = get_type_hints(kind)
        values = {
            field.name: given[field.name] if field.name in given else self._value(hints[field.name], field)
            for field in fields(kind)
            if field.init
        }
        for field in fields(kind):
            if field.init:
                assert values[field.name] not in _defaults_of(field), (
                    f"{kind.__name__}.{field.name}: give a value"
                )
        return kind(**values)

    def change(self, entity: Any, *, constant: Collection[str], **given: Any) -> None:
        """Give every field a new value, except the constant fields."""
        hints = get_type_hints(type(entity))
        for field in fields(entity):
            if field.init and field.name not in constant:
                former = getattr(entity, field.name)
                value = given[field.name] if field.name in given else self._value(hints[field.name], field)
                if isinstance(former, bool) and field.name not in given:
                    value = not former
                assert value != former, f"{type(entity).__name__}.{field.name}: give another value"
                setattr(entity, field.name, value)

    def _value(self, hint: Any, field: "Field[Any]") -> object:
        """Return a value for a field whose type is plain, optional or a NewType."""
        declared = get_args(hint)[0] if type(None) in get_args(hint) else hint
        declared = getattr(declared, "__supertype__", declared)
        if isinstance(declared, type) and issubclass(declared, StrEnum):
            return list(declared)[-1]
        if declared not in self._by_type:
            pytest.fail(f"{field.name} is {hint}: give a value in this test.")
        return self._by_type[declared](field.name)


def _defaults_of(field: "Field[Any]") -> list[object]:
    defaults: list[object] = [None, "", {}, (), [], 0]
    if field.default is not MISSING:
        defaults.append(field.default)
    return defaults


def content(thing: object) -> object:
    """Return the fields of a dataclass and of all nested dataclasses, so that two objects can be compared."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: content(getattr(thing, field.name)) for field in fields(thing) if field.init}
    if isinstance(thing, list | tuple):
        return [content(item) for item in thing]
    return thing if not isinstance(thing, Enum) else thing.value


@pytest.fixture
def values(shop: Shop) -> Values:
    return Values(shop)


async def test_product_and_stock_are_read_back_with_every_field(shop: Shop, values: Values) -> None:
    product: Product = values.fill(Product, sku="MUG-1", status=ProductStatus.ARCHIVED)
    stock: Stock = values.fill(Stock, product_id=product.id, on_hand=40, reserved=3)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.stocks.add([stock])
        await work.products.add([product])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content((await work.products.get([product.id]))[product.id]) == content(product)
        assert content((await work.stocks.get([product.id]))[product.id]) == content(stock)
    assert await shop.store.products.get(product.id) == ProductView.of(product, stock)


async def test_user_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await _add_user(shop, values)
    async with shop.store.unit_of_work() as work:
        assert content(await work.users.get(user.id)) == content(user)


async def test_one_time_token_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await _add_user(shop, values)
    token: OneTimeToken = values.fill(OneTimeToken, user_id=user.id, purpose=TokenPurpose.RESET_PASSWORD)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.one_time_tokens.put(token)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.one_time_tokens.find(token.purpose, token.token_hash)) == content(token)


async def test_email_change_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await _add_user(shop, values)
    change: EmailChange = values.fill(EmailChange, user_id=user.id)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.email_changes.put(change)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.email_changes.get(user.id)) == content(change)
        assert change.token_hash is not None
        assert content(await work.email_changes.find(change.token_hash)) == content(change)


async def test_sign_up_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    sign_up: PendingSignUp = values.fill(PendingSignUp)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.sign_ups.add(sign_up)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.sign_ups.get(sign_up.id)) == content(sign_up)


async def test_session_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await _add_user(shop, values)
    session: Session = values.fill(Session, user_id=user.id)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.sessions.add(session)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.sessions.get(session.id)) == content(session)


async def test_client_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    client: ServiceClient = values.fill(
        ServiceClient, name="till", scopes=frozenset({Scope.READ_ORDERS}), secrets=[values.fill(ClientSecret)]
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.clients.add(client)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.clients.get(client.id)) == content(client)


async def test_order_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    async with shop.store.unit_of_work() as work:
        assert content(await work.orders.get(order.id)) == content(order)


async def test_payment_and_refund_are_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    payment, refund = _payment_and_refund(values, order)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.payments.add([payment])
        await work.refunds.add([refund])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.payments.find(payment.id)) == content(payment)
        assert content(await work.refunds.find(refund.id)) == content(refund)


async def test_fulfillment_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    fulfillment: Fulfillment = values.fill(
        Fulfillment,
        order_id=order.id,
        lines=(values.fill(FulfilledLine, line_id=order.lines[0].id, quantity=1),),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.fulfillments.add(fulfillment)
        await work.commit()
    found = await shop.store.orders.fulfillment(order.id, fulfillment.id)
    assert content(found) == content(fulfillment)


async def test_order_return_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    returned = await _add_return(shop, values, order)
    async with shop.store.unit_of_work() as work:
        await work.orders.get(order.id)
        assert content(await work.returns.of_order(order.id)) == content([returned])
    found = await shop.store.orders.order_return(order.id, returned.id)
    assert content(found) == content(ReturnView.of(returned))


async def test_updated_order_return_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    returned = await _add_return(shop, values, order)
    values.change(
        returned,
        constant={"id", "order_id"},
        status=ReturnStatus.APPROVED,
        lines=(ReturnedLine(order.lines[0].id, quantity=2, restock=False),),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.returns.save(returned)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        await work.orders.get(order.id)
        assert content(await work.returns.of_order(order.id)) == content([returned])


async def test_webhook_endpoint_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    endpoint: WebhookEndpoint = values.fill(
        WebhookEndpoint,
        url="https://example.com/hooks?shop=1",
        event_types=("order.placed",),
        owner_id=UserId(shop.ids.new()),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.webhooks.add(endpoint)
        await work.commit()
    found = await shop.store.webhooks.endpoint(endpoint.id)
    assert content(found) == content(EndpointView.of(endpoint))


async def test_updated_webhook_endpoint_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    added: WebhookEndpoint = values.fill(
        WebhookEndpoint,
        url="https://example.com/hooks?shop=1",
        event_types=("order.placed",),
        owner_id=UserId(shop.ids.new()),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.webhooks.add(added)
        await work.commit()
    async with shop.store.unit_of_work(SOMEBODY) as work:
        endpoint = await work.webhooks.get(added.id)
        assert content(endpoint) == content(added)
        assert endpoint is not None
        values.change(
            endpoint,
            constant={"id", "created_at"},
            event_types=("order.paid",),
            owner_id=UserId(shop.ids.new()),
        )
        await work.webhooks.save(endpoint)
        await work.commit()
    async with shop.store.unit_of_work(SOMEBODY) as work:
        assert content(await work.webhooks.get(added.id)) == content(endpoint)


async def test_updated_product_and_stock_are_read_back_with_every_field(shop: Shop, values: Values) -> None:
    product: Product = values.fill(Product, sku="MUG-1", status=ProductStatus.ARCHIVED)
    stock: Stock = values.fill(Stock, product_id=product.id, on_hand=40, reserved=3)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.stocks.add([stock])
        await work.products.add([product])
        await work.commit()
    async with shop.store.unit_of_work(SOMEBODY) as work:
        [product] = (await work.products.lock([product.id])).values()
        [stock] = (await work.stocks.lock([product.id])).values()
        values.change(product, constant={"id", "sku", "created_at"}, status=ProductStatus.ACTIVE)
        stock.count(60, seen=stock.version, note="counted", now=NOW, actor=SOMEBODY)
        stock.reserve(2, order_id=OrderId(shop.ids.new()), now=NOW, actor=SOMEBODY)
        await work.products.save([product])
        await work.stocks.save([stock])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content((await work.products.get([product.id]))[product.id]) == content(product)
        assert content((await work.stocks.get([product.id]))[product.id]) == content(stock)


async def test_updated_user_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    added = await _add_user(shop, values)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(added.id)
        assert user is not None
        values.change(user, constant={"id", "created_at"}, role=Role.ADMIN, status=UserStatus.ACTIVE)
        await work.users.save(user)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.users.get(user.id)) == content(user)


async def test_updated_session_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await _add_user(shop, values)
    session: Session = values.fill(Session, user_id=user.id)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.sessions.add(session)
        values.change(session, constant={"id", "user_id", "started_at"})
        await work.sessions.save(session)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.sessions.get(session.id)) == content(session)


async def test_updated_client_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    client: ServiceClient = values.fill(
        ServiceClient, name="till", scopes=frozenset({Scope.READ_ORDERS}), secrets=[values.fill(ClientSecret)]
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.clients.add(client)
        values.change(
            client,
            constant={"id", "created_at"},
            scopes=frozenset({Scope.WRITE_CATALOG}),
            secrets=[values.fill(ClientSecret)],
        )
        await work.clients.save(client)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.clients.get(client.id)) == content(client)


async def test_updated_order_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    added = await _add_order(shop, values)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        order = await work.orders.get(added.id)
        assert order is not None
        [line] = order.lines
        values.change(
            line,
            constant={"id", "product_id", "sku", "name", "unit_price", "quantity"},
            fulfilled=5,
            cancelled=4,
            returned=3,
            refunded=2,
        )
        values.change(
            order,
            # These fields are fixed when the customer places the order.
            constant={
                *("id", "customer_id", "placed_by", "idempotency_key", "currency", "lines", "total"),
                "placed_at",
            },
            shipping_address=values.fill(Address),
            status=OrderStatus.CANCELLED,
            paid_total=Money(300, "EUR"),
            refunded_total=Money(60, "EUR"),
            pending_refund_total=Money(20, "EUR"),
            version=order.version + 1,
        )
        order.changes.append(
            StatusChange(
                action=Action.CANCEL,
                source=OrderStatus.CONFIRMED,
                target=OrderStatus.CANCELLED,
                reason="A reason",
                actor=SOMEBODY,
                at=NOW,
            )
        )
        await work.orders.save([order])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.orders.get(order.id)) == content(order)


async def test_updated_payment_and_refund_are_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    payment, refund = _payment_and_refund(values, order)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.payments.add([payment])
        await work.refunds.add([refund])
        await work.commit()
    values.change(
        payment,
        constant={"id", "order_id", "method", "capture_method", "amount", "requested_at"},
        status=PaymentStatus.PENDING,
        requested=PaymentOperation.VOID,
        dispute=DisputeStatus.OPEN,
        origin=PaymentOrigin.SHOP,
        captured=Money(70, "EUR"),
        returned=Money(30, "EUR"),
    )
    values.change(
        refund,
        constant={
            *(
                "id",
                "order_id",
                "payment_id",
                "method",
                "lines",
                "reason",
                "channel",
                "origin",
                "requested_at",
            ),
        },
        status=RefundStatus.PENDING,
        amount=Money(30, "EUR"),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.payments.save([payment])
        await work.refunds.save([refund])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.payments.find(payment.id)) == content(payment)
        assert content(await work.refunds.find(refund.id)) == content(refund)


async def _add_user(shop: Shop, values: Values) -> User:
    user: User = values.fill(User, role=Role.STAFF, status=UserStatus.DISABLED)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(user)
        await work.commit()
    return user


async def _add_order(shop: Shop, values: Values) -> Order:
    product, user = await shop.product(stock=9), await _add_user(shop, values)
    line = values.fill(
        OrderLine,
        product_id=product.id,
        unit_price=Money(50, "EUR"),
        quantity=9,
        fulfilled=4,
        cancelled=3,
        returned=2,
        refunded=1,
    )
    order: Order = values.fill(
        Order,
        customer_id=user.id,
        status=OrderStatus.CONFIRMED,
        currency="EUR",
        lines=[line],
        total=Money(450, "EUR"),
        paid_total=Money(200, "EUR"),
        refunded_total=Money(50, "EUR"),
        pending_refund_total=Money(10, "EUR"),
        shipping_address=values.fill(Address, country="DE"),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.add([order])
        await work.commit()
    return order


async def _add_return(shop: Shop, values: Values, order: Order) -> OrderReturn:
    returned: OrderReturn = values.fill(
        OrderReturn,
        order_id=order.id,
        status=ReturnStatus.RECEIVED,
        lines=(values.fill(ReturnedLine, line_id=order.lines[0].id, quantity=1, restock=True),),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.returns.add(returned)
        await work.commit()
    return returned


def _payment_and_refund(values: Values, order: Order) -> tuple[Payment, Refund]:
    payment: Payment = values.fill(
        Payment,
        order_id=order.id,
        method=PaymentMethod.SANDBOX,
        capture_method=CaptureMethod.MANUAL,
        status=PaymentStatus.CAPTURED,
        requested=PaymentOperation.CAPTURE,
        dispute=DisputeStatus.LOST,
        amount=Money(90, "EUR"),
        captured=Money(80, "EUR"),
        returned=Money(20, "EUR"),
    )
    refund: Refund = values.fill(
        Refund,
        order_id=order.id,
        payment_id=payment.id,
        method=PaymentMethod.SANDBOX,
        status=RefundStatus.SUCCEEDED,
        channel=RefundChannel.EXTERNAL,
        origin=RefundOrigin.PROVIDER,
        amount=Money(20, "EUR"),
        lines=(values.fill(RefundedLine, line_id=order.lines[0].id, quantity=1),),
    )
    return payment, refund
