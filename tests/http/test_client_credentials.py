"""The client credentials grant (RFC 6749, section 4.4) and its scopes."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

import httpx2
import jwt
import pytest

from application.clients.views import NewSecretView
from domain.shared.ids import SecretId
from domain.users.attempts import ACCOUNT_BACKOFF, AttemptKind
from domain.users.permissions import Scope
from tests.kit.actors import SOMEBODY
from tests.kit.store import memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, key, order_body, web_shop

FORM = {"grant_type": "client_credentials"}
FREE = ACCOUNT_BACKOFF[AttemptKind.CLIENT_SECRET].free
NAME = "warehouse"


@pytest.fixture
async def made(web: WebShop) -> NewSecretView:
    return await web.container.clients.create_client()(
        NAME, [Scope.READ_ORDERS, Scope.WRITE_STOCK], actor=SOMEBODY
    )


def basic(client_id: object, secret: str) -> dict[str, str]:
    """Encode id and secret for HTTP Basic (RFC 6749, section 2.3.1).

    Id and secret are form-encoded separately, then joined and encoded as Base64.
    """
    shown = f"{quote_plus(str(client_id))}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {b64encode(shown.encode()).decode()}"}


async def ask(
    web: WebShop, made: NewSecretView, *, headers: dict[str, str] | None = None, **form: str
) -> httpx2.Response:
    headers = basic(made.client_id, made.secret) if headers is None else headers
    return await web.anonymous.post("/token", data={**FORM, **form}, headers=headers)


def bearer(tokens: httpx2.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.json()['access_token']}"}


async def retire_first_secret(web: WebShop) -> None:
    (client,) = await web.container.clients.list_clients()()
    await web.container.clients.retire_secret()(NAME, SecretId(client.secrets[0].id), actor=SOMEBODY)


def is_refused(response: httpx2.Response, status: int, error: str) -> bool:
    return (response.status_code, response.json()["error"]) == (status, error)


async def test_client_credentials_grant_returns_no_refresh_token(web: WebShop, made: NewSecretView) -> None:
    response = await ask(web, made)
    assert response.status_code == 200
    assert (response.headers["Cache-Control"], response.headers["Pragma"]) == ("no-store", "no-cache")
    assert {name: value for name, value in response.json().items() if name != "access_token"} == {
        "token_type": "bearer",
        "expires_in": 600,
        "scope": "orders:read stock:write",
    }


async def test_client_token_has_the_claims_of_rfc_9068(web: WebShop, made: NewSecretView) -> None:
    token = (await ask(web, made, scope="stock:write")).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert claims["sub"] == claims["client_id"] == str(made.client_id)
    assert claims["scope"] == "stock:write"
    assert claims.keys() == {
        *("iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti", "secret_id"),
    }


async def test_client_token_grants_only_the_permissions_of_its_scopes(
    web: WebShop, made: NewSecretView
) -> None:
    product = await web.product()
    headers = bearer(await ask(web, made, scope="orders:read"))
    assert (await web.anonymous.get("/v1/orders", headers=headers)).status_code == 200
    refused = await web.anonymous.get(f"/v1/stock/{product['id']}", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="steelyard", error="insufficient_scope"'


@pytest.mark.parametrize("scope", ["events:read", "orders:read events:read", "no:such", '"'])
async def test_token_request_for_a_scope_that_the_client_lacks_returns_invalid_scope(
    web: WebShop, made: NewSecretView, scope: str
) -> None:
    assert is_refused(await ask(web, made, scope=scope), 400, "invalid_scope")


async def test_response_to_invalid_client_credentials_has_a_basic_challenge(
    web: WebShop, made: NewSecretView
) -> None:
    shown: tuple[dict[str, str], ...] = (
        {},
        basic(made.client_id, "wrong"),
        basic(made.client_id, ""),
        basic(uuid4(), made.secret),
        basic("warehouse", made.secret),
        basic("", ""),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ==="},
        {"Authorization": f"Basic {b64encode(bytes([255, 58, 255])).decode()}"},
        {"Authorization": f"Basic {b64encode(b'%FF:%FF').decode()}"},
        {"Authorization": f"Bearer {made.secret}"},
    )
    for headers in shown:
        response = await ask(web, made, headers=headers)
        assert is_refused(response, 401, "invalid_client"), headers
        assert response.headers["WWW-Authenticate"] == 'Basic realm="steelyard", charset="UTF-8"'
        assert made.secret not in response.text


async def test_client_secret_in_a_form_is_rejected_by_default(web: WebShop, made: NewSecretView) -> None:
    """RFC 6749, section 2.3.1 advises against this method, and the metadata does not list it."""
    answers = [
        await ask(web, made, headers={}, client_id=str(made.client_id), client_secret=secret)
        for secret in (made.secret, "wrong")
    ]
    assert all(is_refused(response, 401, "invalid_client") for response in answers)
    assert answers[0].json() == answers[1].json()
    assert "HTTP Basic" in answers[0].json()["error_description"]
    assert "STEELYARD_CLIENT_SECRET_POST_ENABLED" in answers[0].json()["error_description"]
    missing = await ask(web, made, headers={}, client_id=str(made.client_id))
    assert "STEELYARD" not in missing.json()["error_description"]
    metadata = (await web.anonymous.get("/.well-known/oauth-authorization-server")).json()
    assert "client_secret_post" not in metadata["token_endpoint_auth_methods_supported"]


@pytest.fixture
async def permissive() -> AsyncIterator[WebShop]:
    """A shop that accepts a client's secret in the form."""
    async with web_shop(container_over(memory_store(), client_secret_post_enabled=True)) as web:
        yield web


async def test_client_secret_in_a_form_is_accepted_if_a_setting_permits_it(permissive: WebShop) -> None:
    made = await permissive.container.clients.create_client()(NAME, [Scope.READ_ORDERS], actor=SOMEBODY)
    form = {"client_id": str(made.client_id), "client_secret": made.secret}
    accepted = await ask(permissive, made, headers={}, **form)
    assert (accepted.status_code, accepted.json()["scope"]) == (200, "orders:read")
    assert (await permissive.anonymous.get("/v1/orders", headers=bearer(accepted))).status_code == 200
    assert (await ask(permissive, made)).status_code == 200
    for wrong in ({"client_secret": "wrong"}, {"client_id": str(uuid4())}, {"client_id": ""}):
        refused = await ask(permissive, made, headers={}, **{**form, **wrong})
        assert is_refused(refused, 401, "invalid_client")
        assert made.secret not in refused.text
    metadata = (await permissive.anonymous.get("/.well-known/oauth-authorization-server")).json()
    methods = ["none", "client_secret_basic", "client_secret_post"]
    assert metadata["token_endpoint_auth_methods_supported"] == methods


async def test_client_that_uses_two_authentication_methods_is_rejected(permissive: WebShop) -> None:
    made = await permissive.container.clients.create_client()(NAME, [Scope.READ_ORDERS], actor=SOMEBODY)
    form = {"client_id": str(made.client_id), "client_secret": made.secret}
    both = await ask(permissive, made, headers=basic(made.client_id, made.secret), **form)
    assert is_refused(both, 400, "invalid_request")


async def test_client_secret_guesses_in_a_form_are_throttled() -> None:
    settings = {"rate_limit_enabled": True, "client_secret_post_enabled": True}
    async with web_shop(container_over(memory_store(), **settings)) as web:
        made = await web.container.clients.create_client()(NAME, [Scope.READ_ORDERS], actor=SOMEBODY)
        guess = {"client_id": str(made.client_id), "client_secret": "wrong"}
        answers = [await ask(web, made, headers={}, **guess) for _ in range(FREE + 2)]
        assert [answer.status_code for answer in answers] == [*[401] * (FREE + 1), 429]


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password", "username": "ann@example.com", "password": PASSWORD},
        {"grant_type": "refresh_token", "refresh_token": "x" * 64},
    ],
    ids=lambda form: form["grant_type"],
)
async def test_client_cannot_use_the_password_grant(
    web: WebShop, made: NewSecretView, form: dict[str, str]
) -> None:
    right, wrong = basic(made.client_id, made.secret), basic(made.client_id, "wrong")
    refused = [await web.anonymous.post("/token", data=form, headers=shown) for shown in (right, wrong)]
    assert is_refused(refused[0], 400, "unauthorized_client")
    assert is_refused(refused[1], 401, "invalid_client")


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_token_request_with_the_right_client_secret_returns_200_during_throttling(known: bool) -> None:
    async with web_shop(container_over(memory_store(), rate_limit_enabled=True)) as web:
        made = await web.container.clients.create_client()(NAME, [Scope.READ_ORDERS], actor=SOMEBODY)
        guess = basic(made.client_id if known else uuid4(), "wrong")
        answers = [await ask(web, made, headers=guess) for _ in range(FREE + 2)]
        assert [answer.status_code for answer in answers] == [*[401] * (FREE + 1), 429]
        assert (answers[-1].json()["code"], answers[-1].headers["Retry-After"]) == ("too_many_attempts", "1")
        assert (await ask(web, made)).status_code == 200


async def test_access_token_of_a_retired_client_secret_cannot_read_stock(
    web: WebShop, made: NewSecretView
) -> None:
    product = await web.product()
    headers = bearer(await ask(web, made))
    stock = f"/v1/stock/{product['id']}"
    assert (await web.anonymous.get(stock, headers=headers)).status_code == 200
    await web.container.clients.roll_secret()(NAME, actor=SOMEBODY)
    assert (await web.anonymous.get(stock, headers=headers)).status_code == 200
    await retire_first_secret(web)
    refused = await web.anonymous.get(stock, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert is_refused(await ask(web, made), 401, "invalid_client")


async def test_access_token_of_a_disabled_client_cannot_read_stock(web: WebShop, made: NewSecretView) -> None:
    product = await web.product()
    headers = bearer(await ask(web, made))
    await web.container.clients.disable_client()(NAME, actor=SOMEBODY)
    assert (await web.anonymous.get(f"/v1/stock/{product['id']}", headers=headers)).status_code == 401
    assert is_refused(await ask(web, made), 401, "invalid_client")


async def test_client_access_token_remains_valid_after_a_rejected_revocation_request(
    web: WebShop, made: NewSecretView
) -> None:
    """A 200 would state that the token is no longer valid. The service cannot revoke client tokens, so it returns an
    error (RFC 7009, 2.2.1).
    """
    headers = bearer(await ask(web, made))
    token = headers["Authorization"].removeprefix("Bearer ")
    response = await web.anonymous.post("/oauth/revoke", data={"token": token})
    assert is_refused(response, 400, "unsupported_token_type")
    assert (await web.anonymous.get("/v1/orders", headers=headers)).status_code == 200


async def test_service_client_is_named_as_the_actor_in_histories_and_ledgers(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer = await web.customer()
    order = (await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))).json()
    made = await web.container.clients.create_client()(
        "erp", [Scope.REFUND_ORDERS, Scope.WRITE_STOCK], actor=SOMEBODY
    )
    headers = bearer(await ask(web, made))

    url = f"/v1/orders/{order['id']}"
    cancelled = await web.anonymous.post(f"{url}/cancel", headers=headers | key("2"))
    body = {"lines": [{"product_id": product["id"], "delta": 1}], "reason": "receipt"}
    adjusted = await web.anonymous.post("/v1/stock/adjustments", json=body, headers=headers | key("3"))

    assert (cancelled.status_code, adjusted.status_code) == (200, 201)
    assert cancelled.json()["status"] == "cancelled"
    history = (await web.anonymous.get(f"{url}/history", headers=headers)).json()["items"]
    ledger = (await web.anonymous.get(f"/v1/stock/{product['id']}/ledger", headers=headers)).json()["items"]
    assert [change["actor_id"] for change in history] == [order["customer_id"], str(made.client_id)]
    assert ledger[0]["actor_id"] == str(made.client_id)


async def test_equal_idempotency_keys_of_two_service_clients_are_independent(web: WebShop) -> None:
    product = await web.product(stock=5)
    clients = [await web.client(Scope.WRITE_STOCK) for _ in range(2)]
    body = {"lines": [{"product_id": product["id"], "delta": 1}], "reason": "receipt"}
    answers = [
        await client.post("/v1/stock/adjustments", json=body, headers=key("same"))
        for client in (*clients, clients[0])
    ]
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, None, "true"]
    assert answers[1].json()["stocks"][0]["on_hand"] == 7


@pytest.fixture
async def limited() -> AsyncIterator[WebShop]:
    async with web_shop(container_over(memory_store(), rate_limit_enabled=True)) as web:
        yield web


async def test_each_service_client_in_a_network_has_a_separate_quota(limited: WebShop) -> None:
    one, other = [await limited.client(Scope.READ_ORDERS) for _ in range(2)]
    remaining = [
        (await client.get("/v1/orders")).headers["RateLimit"].partition(";t=")[0]
        for client in (one, one, other)
    ]
    assert remaining == ['"reads";r=1199', '"reads";r=1198', '"reads";r=1199']


async def test_service_client_with_the_catalog_scope_can_read_archived_products(web: WebShop) -> None:
    product = await web.product()
    url = f"/v1/products/{product['id']}"
    manager, reader = await web.client(Scope.WRITE_CATALOG), await web.client(Scope.READ_ORDERS)
    assert (await manager.delete(url, headers={"If-Match": '"v1"'})).status_code == 204
    assert [(await client.get(url)).status_code for client in (manager, reader)] == [200, 404]


def scheme(described: dict[str, Any]) -> Any:
    return described["components"]["securitySchemes"]["client_credentials"]


async def test_openapi_describes_the_client_credentials_flow_and_the_scopes(web: WebShop) -> None:
    described = (await web.anonymous.get("/openapi.json")).json()
    flow = scheme(described)["flows"]["clientCredentials"]
    assert (flow["tokenUrl"], list(flow["scopes"])) == ("/token", list(Scope))
    assert described["components"]["securitySchemes"]["password"]["flows"].keys() == {"password"}
