from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import httpx2
from fastapi import FastAPI

from application.checks.ports import Finding, InvariantChecks
from application.health.ports import Health
from application.shared.secrets import EntriesOfBatch, StoredSecrets
from application.users.sign_up import SignUpCommand
from domain.payments.payment import PaymentMethod
from domain.users.permissions import Role, Scope
from entrypoints.bootstrap.root import Container
from entrypoints.email_addresses import sought_email_address
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from tests.kit.accounts import NO_DATABASE
from tests.kit.actors import SOMEBODY
from tests.kit.gateway import FakeGateway
from tests.kit.mailbox import Mailbox
from tests.kit.openapi import validate_response
from tests.kit.passwords import ListedBreachedPasswords, PlainHasher
from tests.kit.store import Store

PASSWORD = "a password of some length"
BASE_URL = "http://shop"
_DEFAULTS: Mapping[str, Any] = {"database_url": NO_DATABASE, "rate_limit_enabled": False}


def container_over(store: Store, **settings: Any) -> Container:
    """Build a service that uses the store and a cheap password hasher, and has no rate limits."""
    container = Container(settings=Settings(**{**_DEFAULTS, **settings}) if settings else _default_settings())
    container.database.override_providers(
        **store.providers(),
        health=AlwaysReady(),
        invariant_checks=NoBrokenInvariants(),
        stored_secrets=UnencryptedSecrets(),
    )
    container.payments.gateways.override({PaymentMethod.SANDBOX: FakeGateway()})
    container.security.hasher.override(PlainHasher())
    container.security.breached_passwords.override(ListedBreachedPasswords())
    container.mail.mailer.override(Mailbox())
    return container


@cache
def _default_settings() -> Settings:
    """Return the settings that most tests use. The settings are cached, because validation takes milliseconds."""
    return Settings(**_DEFAULTS)


class AlwaysReady(Health):
    async def check(self) -> None: ...


class UnencryptedSecrets(StoredSecrets):
    """The secrets of a shop in memory. The secrets are not encrypted."""

    async def count_by_key(self) -> Mapping[str | None, int]:
        return {None: 1}

    async def encrypt_batch(self, limit: int, *, in_clear: bool, entries_of: EntriesOfBatch) -> int:
        return 0


class NoBrokenInvariants(InvariantChecks):
    async def run(self) -> Sequence[Finding]:
        return ()


@dataclass(frozen=True, slots=True)
class WebShop:
    """The service as seen by HTTP clients, with methods that create callers of each kind."""

    app: FastAPI
    container: Container
    anonymous: httpx2.AsyncClient
    _clients: AsyncExitStack
    _numbers: Iterator[int]

    async def customer(self) -> httpx2.AsyncClient:
        return await self._logged_in(Role.CUSTOMER)

    async def staff(self) -> httpx2.AsyncClient:
        return await self._logged_in(Role.STAFF)

    async def admin(self) -> httpx2.AsyncClient:
        return await self._logged_in(Role.ADMIN)

    async def account(self) -> str:
        """Sign a customer up, and return the id of the account."""
        command = SignUpCommand(
            email=sought_email_address(f"customer-{next(self._numbers)}@example.com"),
            password=PASSWORD,
            actor=SOMEBODY,
        )
        return str((await self.container.users.sign_up()(command)).result.id)

    async def client(self, *scopes: Scope) -> httpx2.AsyncClient:
        """Create a service client with these scopes, and return headers with a token of this client."""
        made = await self.container.clients.create_client()(
            f"client-{next(self._numbers)}", scopes, actor=SOMEBODY
        )
        response = await self.anonymous.post(
            "/token", data={"grant_type": "client_credentials"}, auth=(str(made.client_id), made.secret)
        )
        return await self._bearing(response.json()["access_token"])

    async def product(
        self, *, stock: int = 10, price: int = 1999, currency: str = "EUR", **fields: Any
    ) -> dict[str, Any]:
        """Create a product with stock through the API."""
        staff = await self.staff()
        body = {
            "sku": f"SKU-{next(self._numbers)}",
            "name": "Mug",
            "price": {"amount": price, "currency": currency},
            "initial_stock": stock,
            **fields,
        }
        response = await staff.post("/v1/products", json=body)
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created

    async def _logged_in(self, role: Role) -> httpx2.AsyncClient:
        email = f"{role}-{next(self._numbers)}@example.com"
        await self.container.users.sign_up()(
            SignUpCommand(email=sought_email_address(email), password=PASSWORD, role=role, actor=SOMEBODY)
        )
        response = await self.anonymous.post("/token", data={"username": email, "password": PASSWORD})
        return await self._bearing(response.json()["access_token"])

    async def _bearing(self, token: str) -> httpx2.AsyncClient:
        return await self._clients.enter_async_context(
            _client(self.app, headers={"Authorization": f"Bearer {token}"})
        )


@asynccontextmanager
async def web_shop(container: Container, *, numbers: Iterator[int] | None = None) -> AsyncIterator[WebShop]:
    """Run a new app with its lifespan during the context.

    The names and e-mail addresses of new objects contain a number. By default, the first number is 1.
    """
    app = create_app(container=container)
    async with app.router.lifespan_context(app), AsyncExitStack() as clients:
        anonymous = await clients.enter_async_context(_client(app))
        yield WebShop(app, container, anonymous, clients, numbers or count(1))


def _client(app: FastAPI, **options: Any) -> httpx2.AsyncClient:
    """Return a client that validates every response against the OpenAPI description."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url=BASE_URL,
        event_hooks={"response": [validate_response]},
        **options,
    )


def order_body(*lines: tuple[dict[str, Any], int], **fields: Any) -> dict[str, Any]:
    """Return the body of an order: products, each with a quantity."""
    return {
        "lines": [{"product_id": product["id"], "quantity": quantity} for product, quantity in lines],
        **fields,
    }


def key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}
