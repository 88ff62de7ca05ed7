"""Example aggregates with a value in every field."""

from datetime import UTC, datetime, timedelta

from application.catalog.views import ProductView
from application.shared.ports import IdFactory
from domain.catalog.product import Product, ProductDetails
from domain.catalog.stock import Stock
from domain.orders.address import Address
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.shared.actor import Actor
from domain.shared.ids import LineId, OrderId, ProductId, UserId
from domain.shared.money import Money
from domain.users.permissions import Role
from domain.users.user import User
from entrypoints.email_addresses import parse_email_address

NOW = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)
UNICODE = "Zoë 𝓩 東京 👩🏽‍🚀 ﷽ \u202e \t\n\"'\\%_{}"  # noqa: RUF001 - the ambiguous character is intended
"""Multibyte, astral, combining and right-to-left characters, and quotes."""

ADDRESS = Address(
    name=UNICODE,
    line1="Hauptstraße 1",
    line2=None,
    city="Köln",
    region="NRW",
    postal_code="50667",
    country="DE",
)


def a_user(ids: IdFactory, *, email: str = "ann@example.com", full_name: str | None = UNICODE) -> User:
    return User.sign_up(
        id=UserId(ids.new()),
        email=parse_email_address(email),
        full_name=full_name,
        password_hash="plain-1:a password of some length",
        role=Role.CUSTOMER,
        now=NOW,
    )


def a_product(
    ids: IdFactory, *, actor: Actor, sku: str = "MUG-RED", name: str = UNICODE, on_hand: int = 5
) -> tuple[Product, Stock]:
    stock = Stock.open(ProductId(ids.new()), on_hand, now=NOW, actor=actor)
    product = Product.create(
        id=stock.product_id,
        sku=sku,
        details=ProductDetails(
            name=name,
            description=UNICODE,
            price=Money(1999, "EUR"),
            attributes={"colour": "red", UNICODE: UNICODE},
            max_per_order=10,
        ),
        stock=stock,
        now=NOW,
    )
    return product, stock


def an_order(
    ids: IdFactory,
    *lines: tuple[ProductView, int],
    customer: UserId | None,
    actor: Actor,
    key: str = "key-of-an-order",
) -> Order:
    """Return an order without reserved stock."""
    ordered = [
        OrderLine(
            id=LineId(ids.new()),
            product_id=product.id,
            sku=product.sku,
            name=product.name,
            unit_price=product.price,
            quantity=quantity,
        )
        for product, quantity in lines
    ]
    return Order.place(
        id=OrderId(ids.new()),
        customer_id=customer,
        placed_by=None,
        idempotency_key=key,
        lines=ordered,
        total=Money.sum((line.total for line in ordered), ordered[0].unit_price.currency),
        shipping_address=ADDRESS,
        note=UNICODE,
        metadata={"cart": "7", UNICODE: UNICODE},
        expires_at=NOW + timedelta(minutes=15),
        now=NOW,
        actor=actor,
    )
