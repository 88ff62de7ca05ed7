"""The endpoints POST /token and POST /oauth/revoke follow RFC 6749 and RFC 7009."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from application.shared.errors import DatabaseUnavailable
from application.unit_of_work import UnitOfWork
from domain.shared.actor import Actor
from domain.users.permissions import Scope
from tests.kit.ports import FixedClock
from tests.kit.store import memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
LOG_IN = {"grant_type": "password", "username": "ann@example.com", "password": PASSWORD}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def web(clock: FixedClock) -> AsyncIterator[WebShop]:
    container = container_over(memory_store())
    container.clock.override(clock)
    async with web_shop(container) as web:
        await web.anonymous.post("/v1/users", json=ANN)
        yield web


async def log_in(web: WebShop) -> dict[str, Any]:
    response = await web.anonymous.post("/token", data=LOG_IN)
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens


async def refresh(web: WebShop, token: str) -> httpx2.Response:
    return await web.anonymous.post("/token", data={"grant_type": "refresh_token", "refresh_token": token})


async def sessions(web: WebShop, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    response = await web.anonymous.get("/v1/me/sessions", headers=bearer(tokens))
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_log_in_response_follows_rfc_6749(web: WebShop) -> None:
    response = await web.anonymous.post("/token", data=LOG_IN)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert sorted(response.json()) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]


async def test_refresh_token_is_exchanged_for_a_new_refresh_token_and_access_token(
    web: WebShop, clock: FixedClock
) -> None:
    first = await log_in(web)
    clock.advance(timedelta(minutes=11))
    expired = await web.anonymous.get("/v1/me", headers=bearer(first))
    second = await refresh(web, first["refresh_token"])
    assert (expired.status_code, expired.json()["code"]) == (401, "token_expired")
    assert second.json()["refresh_token"] != first["refresh_token"]
    assert (await web.anonymous.get("/v1/me", headers=bearer(second.json()))).is_success


async def test_reuse_of_a_refresh_token_returns_invalid_grant_and_ends_the_session(
    web: WebShop, clock: FixedClock
) -> None:
    first = await log_in(web)
    second = (await refresh(web, first["refresh_token"])).json()
    third = (await refresh(web, second["refresh_token"])).json()
    clock.advance(timedelta(minutes=1))
    replayed = await refresh(web, first["refresh_token"])
    after = await refresh(web, third["refresh_token"])
    assert replayed.status_code == after.status_code == 400
    assert replayed.json() == after.json()
    assert replayed.json()["error"] == "invalid_grant"
    assert first["refresh_token"] not in replayed.text


async def test_reuse_of_a_refresh_token_returns_503_if_the_session_cannot_be_ended(
    web: WebShop, clock: FixedClock
) -> None:
    first = await log_in(web)
    second = (await refresh(web, first["refresh_token"])).json()
    await refresh(web, second["refresh_token"])
    clock.advance(timedelta(minutes=1))
    open_unit_of_work = web.container.database.unit_of_work()

    @asynccontextmanager
    async def uncommittable(actor: Actor | None = None) -> AsyncIterator[UnitOfWork]:
        async def refuse() -> None:
            raise DatabaseUnavailable

        async with open_unit_of_work(actor) as work:
            work.commit = refuse  # type: ignore[method-assign]  # replaces the commit of any adapter by one that fails
            yield work

    web.container.database.unit_of_work.override(uncommittable)
    web.container.sessions.refresh_session.reset()
    response = await refresh(web, first["refresh_token"])
    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 64}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "\0"}, "invalid_request"),
        ({"grant_type": "password", "username": "ann@example.com"}, "invalid_request"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": ["password", "password"], "username": "a", "password": "b"}, "invalid_request"),
        ({"grant_type": "password", "username": ["a", "b"], "password": "b"}, "invalid_request"),
    ],
)
async def test_invalid_request_to_the_token_endpoint_gets_a_registered_oauth_error(
    web: WebShop, form: dict[str, Any], error: str
) -> None:
    response = await web.anonymous.post("/token", data=form)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["error"] == error


async def test_unknown_query_parameter_of_a_token_request_returns_an_oauth_error(web: WebShop) -> None:
    response = await web.anonymous.post("/token?verbose=1", data=LOG_IN)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_unknown_form_field_of_a_token_request_is_ignored(web: WebShop) -> None:
    form = LOG_IN | {"client_id": "", "audience": "x"}
    assert (await web.anonymous.post("/token", data=form)).status_code == 200


async def test_empty_client_credentials_that_the_docs_page_sends_are_accepted(web: WebShop) -> None:
    response = await web.anonymous.post("/token", data=LOG_IN, headers={"Authorization": "Basic Og=="})
    assert response.status_code == 200


@pytest.mark.parametrize("held", ["refresh_token", "access_token"])
async def test_repeated_revocation_requests_return_200_and_end_only_one_session(
    web: WebShop, held: str
) -> None:
    tokens, other = await log_in(web), await log_in(web)
    form = {"token": tokens[held], "token_type_hint": "whatever"}
    responses = [await web.anonymous.post("/oauth/revoke", data=form) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 200]
    assert (await refresh(web, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert len(await sessions(web, other)) == 1


async def test_revocation_request_for_an_unknown_token_returns_200(web: WebShop) -> None:
    assert (await web.anonymous.post("/oauth/revoke", data={"token": "x"})).status_code == 200


async def test_revocation_request_without_the_field_token_returns_invalid_request(web: WebShop) -> None:
    response = await web.anonymous.post("/oauth/revoke", data={})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_urls_in_the_oauth_metadata_exist() -> None:
    container = container_over(memory_store(), token_issuer="http://shop")
    async with web_shop(container) as web:
        metadata = (await web.anonymous.get("/.well-known/oauth-authorization-server")).json()
        assert metadata["issuer"] == "http://shop"
        assert metadata["grant_types_supported"] == ["password", "refresh_token", "client_credentials"]
        assert metadata["token_endpoint_auth_methods_supported"] == ["none", "client_secret_basic"]
        assert metadata["scopes_supported"] == list(Scope)
        assert (await web.anonymous.get(metadata["jwks_uri"])).json()["keys"]
        for endpoint in ("token_endpoint", "revocation_endpoint"):
            assert (await web.anonymous.post(metadata[endpoint])).json()["error"] == "invalid_request"
