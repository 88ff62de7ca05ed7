"""The shop of the benchmarks. The service's own use cases create consistent rows."""

import asyncio
import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from adapters.postgres.core.migrations import upgrade
from adapters.system import SystemClock
from application.catalog.plan_import import CatalogRow
from application.orders.place_order_batch import PlaceOrderCommand
from application.shared.idempotency import IdempotencyKey, IdempotentOperation
from application.signing.ports import AccessClaims
from application.users.principal import UserPrincipal
from benchmarks.database import Server
from domain.catalog.product import ProductChanges
from domain.catalog.stock import MAX_ON_HAND
from domain.orders.line import RequestedLine
from domain.orders.placing import OrderRequest
from domain.shared.actor import Actor
from domain.shared.ids import ProductId, SessionId, UserId
from domain.shared.money import Money
from domain.users.permissions import Role
from domain.users.user import User
from entrypoints.bootstrap.root import Container
from entrypoints.email_addresses import parse_email_address
from entrypoints.lifespan import running
from entrypoints.settings import Settings

PASSWORD = "correct horse battery staple"  # noqa: S105 - the password of generated customers
ORDERS_AT_ONCE = 64
ACTOR = Actor(None, "benchmarks")


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the shop.

    There are many customers, so that no customer exceeds a rate limit.
    """

    customers: int = 1000
    products: int = 1000
    orders: int = 10_000


@dataclass(frozen=True, slots=True)
class Shop:
    """The data for a load generator. The tokens are valid for an hour."""

    template: str
    customers: Sequence[UUID]
    tokens: Sequence[str]
    products: Sequence[UUID]
    orders: Sequence[tuple[UUID, int]]
    """The id of each order, and the index of the order's customer in `customers`."""
    issuer: str
    audience: str
    jwks: str
    """The public keys of the tokens (RFC 7517)."""
    cursor_secret: bytes

    def write_to(self, directory: Path) -> None:
        """Write the input files of wrk's script, one value per line."""
        directory.mkdir(parents=True, exist_ok=True)
        _write(directory / "tokens.txt", self.tokens)
        _write(directory / "products.txt", self.products)
        _write(directory / "orders.txt", [f"{order} {customer + 1}" for order, customer in self.orders])


def open_shop(server: Server, size: Size) -> Shop:
    """Create and fill the template database."""
    name = server.create()
    upgrade(server.url_of(name))
    settings = Settings(
        database_url=server.url_of(name),
        order_hold=timedelta(days=30),  # Orders must not expire during the benchmark.
        # 0 means no limit. The benchmark never pays for orders, so with a limit the service would reject orders.
        max_unpaid_orders=0,
        max_units_held=0,
        token_lifetime=timedelta(hours=1),
    )
    return asyncio.run(_fill(Container(settings=settings), name, size))


async def _fill(container: Container, name: str, size: Size) -> Shop:
    async with running(container) as cursor_secret:
        customers = await _add_customers(container, size.customers)
        products = await _add_products(container, size.products)
        orders = await _place_orders(container, customers, products, size.orders)
        tokens = container.signing.access_tokens()
        now = SystemClock().now()
        return Shop(
            template=name,
            customers=customers,
            tokens=[tokens.issue(_claims(customer), now=now).token for customer in customers],
            products=products,
            orders=orders,
            issuer=container.settings().token_issuer,
            audience=container.settings().token_audience,
            jwks=json.dumps(tokens.public_keys(now=now)),
            cursor_secret=cursor_secret,
        )


async def _add_customers(container: Container, count: int) -> list[UserId]:
    hashed = await container.security.hasher().hash(PASSWORD)
    users = [
        User.sign_up(
            id=UserId(container.ids().new()),
            email=parse_email_address(f"customer{number}@example.com"),
            full_name=f"Customer {number}",
            password_hash=hashed,
            role=Role.CUSTOMER,
            now=container.clock().now(),
        )
        for number in range(count)
    ]
    async with container.database.unit_of_work()(Actor(None, "benchmark")) as work:
        for user in users:
            await work.users.add(user)
        await work.commit()
    return [user.id for user in users]


async def _add_products(container: Container, count: int) -> list[ProductId]:
    rows = [
        CatalogRow(
            line=number,
            sku=f"SKU-{number:06}",
            changes=ProductChanges(
                name=f"Product number {number}",
                description="A thing of everyday use, made to last, and described in about as many words as usual.",
                price=Money(100 + number % 5000, "EUR"),
                attributes={"colour": "red", "size": "M"},
            ),
            initial_stock=MAX_ON_HAND,
        )
        for number in range(count)
    ]
    plan = await container.catalog.plan_import()(rows, replace=False, progress=lambda _: None)
    await container.catalog.import_catalog()(plan, actor=ACTOR, progress=lambda _: None)
    async with container.database.unit_of_work()() as work:
        found = await work.products.find_by_sku([row.sku for row in rows])
    return [found[row.sku].id for row in rows]


async def _place_orders(
    container: Container, customers: Sequence[UserId], products: Sequence[ProductId], count: int
) -> list[tuple[UUID, int]]:
    chance = random.Random(5)  # noqa: S311 - the random numbers are not secret, and make the shop reproducible
    placed: list[tuple[UUID, int]] = []
    place = container.orders.place_order_batch()
    while len(placed) < count:
        chosen = [chance.randrange(len(customers)) for _ in range(min(ORDERS_AT_ONCE, count - len(placed)))]
        results = await place(
            [an_order(customers[customer], chance.sample(products, 2)) for customer in chosen]
        )
        for customer, placed_result in zip(chosen, results, strict=True):
            if isinstance(placed_result, Exception):
                raise placed_result
            placed.append((placed_result.result.id, customer))
    return placed


def an_order(customer: UUID, products: Sequence[UUID]) -> PlaceOrderCommand:
    """Return a command to order one unit of the first product, two of the second, and so on."""
    key = str(uuid4())
    return PlaceOrderCommand(
        request=OrderRequest(
            customer_id=UserId(customer),
            lines=tuple(
                RequestedLine(ProductId(product), quantity)
                for quantity, product in enumerate(products, start=1)
            ),
            metadata={},
        ),
        key=IdempotencyKey(str(customer), IdempotentOperation.PLACE_ORDER, key, os.urandom(32)),
        actor=Actor(UserId(customer), "benchmarks"),
    )


def _claims(customer: UUID) -> AccessClaims:
    return AccessClaims(
        bearer=UserPrincipal(UserId(customer), Role.CUSTOMER, SessionId(uuid4())),
        client_id="benchmarks",
        token_id=uuid4(),
    )


def _write(file: Path, lines: Sequence[object]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines))
