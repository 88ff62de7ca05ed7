"""Accounts, products and webhook endpoints are written and read with a non-default value in every field."""

import pytest

from application.catalog.views import ProductView
from application.webhooks.views import EndpointView
from domain.catalog.product import Product, ProductStatus
from domain.catalog.stock import Stock
from domain.clients.client import ServiceClient
from domain.clients.secret import ClientSecret
from domain.sessions.session import Session
from domain.shared.ids import OrderId, UserId
from domain.users.email_change import EmailChange
from domain.users.one_time_token import OneTimeToken, TokenPurpose
from domain.users.pending_sign_up import PendingSignUp
from domain.users.permissions import Role, Scope
from domain.users.user import UserStatus
from domain.webhooks.endpoint import WebhookEndpoint
from tests.contract.field_values import NOW, Values, add_user, content
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop


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
    user = await add_user(shop, values)
    async with shop.store.unit_of_work() as work:
        assert content(await work.users.get(user.id)) == content(user)


async def test_one_time_token_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await add_user(shop, values)
    token: OneTimeToken = values.fill(OneTimeToken, user_id=user.id, purpose=TokenPurpose.RESET_PASSWORD)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.one_time_tokens.put(token)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.one_time_tokens.find(token.purpose, token.token_hash)) == content(token)


async def test_email_change_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await add_user(shop, values)
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
    user = await add_user(shop, values)
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
    added = await add_user(shop, values)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(added.id)
        assert user is not None
        values.change(user, constant={"id", "created_at"}, role=Role.ADMIN, status=UserStatus.ACTIVE)
        await work.users.save(user)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.users.get(user.id)) == content(user)


async def test_updated_session_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    user = await add_user(shop, values)
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
