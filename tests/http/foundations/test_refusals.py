"""Exceptions are converted to problem responses."""

from io import StringIO
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer
from starlette.exceptions import HTTPException

from application.shared.errors import Overloaded
from application.signing.ports import InvalidToken, TokenExpired
from domain.shared.errors import DomainError, Param, PreconditionFailed, Violation
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import app_of, ask

CANARY = "hunter2-C4n4ry"


class OutOfStock(DomainError):
    code = "out_of_stock"


class Unregistered(DomainError):
    code = "unregistered"


def failing_with(error: Exception) -> FastAPI:
    router = APIRouter(route_class=StrictRoute)

    @router.post("/v1/orders")
    async def fail() -> None:
        raise error

    return app_of(router)


async def test_domain_error_is_converted_to_a_problem() -> None:
    params: dict[str, Param] = {"sku": "MUG-RED", "requested": 2, "available": 1}
    error = OutOfStock(
        "1 of 2 lines cannot be supplied.",
        violations=[
            Violation(("lines", 1, "quantity"), "insufficient_stock", "2 requested, 1 available.", params)
        ],
    )
    response = await ask(failing_with(error), "POST", "/v1/orders", headers={"X-Request-Id": "r-1"})
    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "/problems/out_of_stock",
        "title": "Not enough stock",
        "status": 409,
        "detail": "1 of 2 lines cannot be supplied.",
        "instance": "/v1/orders",
        "code": "out_of_stock",
        "request_id": "r-1",
        "errors": [
            {
                "pointer": "/lines/1/quantity",
                "code": "insufficient_stock",
                "detail": "2 requested, 1 available.",
                "params": params,
            }
        ],
    }


async def test_json_pointer_in_a_problem_is_escaped() -> None:
    error = OutOfStock("x", violations=[Violation(("a/b~c", 0), "x", "x")])
    response = await ask(failing_with(error), "POST", "/v1/orders")
    assert response.json()["errors"][0]["pointer"] == "/a~1b~0c/0"


async def test_params_of_an_error_become_top_level_members_of_the_problem() -> None:
    error = OutOfStock("x", params={"from": "cancelled", "allowed_actions": ()})
    response = await ask(failing_with(error), "POST", "/v1/orders")
    assert response.json()["params"] == {"from": "cancelled", "allowed_actions": []}


async def test_retryable_problem_has_the_header_retry_after() -> None:
    response = await ask(failing_with(Overloaded(retry_after=3)), "POST", "/v1/orders")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "3")


async def test_response_to_a_request_with_a_stale_version_has_the_current_etag() -> None:
    response = await ask(failing_with(PreconditionFailed(12)), "POST", "/v1/orders")
    assert (response.status_code, response.headers["ETag"]) == (412, '"v12"')


@pytest.mark.parametrize(
    ("error", "code", "says_invalid"),
    [
        (HTTPProblem("authentication_required"), "authentication_required", False),
        (InvalidToken(), "invalid_token", True),
        (TokenExpired(), "token_expired", True),
        (HTTPException(401), "authentication_required", False),
    ],
)
async def test_bearer_challenge_states_an_error_only_if_the_request_had_an_access_token(
    error: Exception, code: str, says_invalid: bool
) -> None:
    response = await ask(failing_with(error), "POST", "/v1/orders")
    assert (response.status_code, response.json()["code"]) == (401, code)
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert ('error="invalid_token"' in challenge) is says_invalid


async def test_fastapi_error_for_a_missing_access_token_is_converted_to_a_problem() -> None:
    router = APIRouter(route_class=StrictRoute)

    @router.get("/v1/me")
    async def me(token: Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="/token"))]) -> str:
        return token

    response = await ask(router, "GET", "/v1/me")
    assert (response.status_code, response.json()["code"]) == (401, "authentication_required")
    assert response.headers.get_list("WWW-Authenticate") == ['Bearer realm="steelyard"']


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "malformed_request"), (403, "forbidden"), (413, "body_too_large"), (418, "malformed_request")],
)
async def test_response_does_not_contain_details_of_framework_errors(status: int, code: str) -> None:
    response = await ask(failing_with(HTTPException(status, CANARY)), "POST", "/v1/orders")
    assert response.json()["code"] == code
    assert CANARY not in response.text


async def test_response_with_status_405_lists_every_allowed_method() -> None:
    router = APIRouter(route_class=StrictRoute)

    @router.get("/v1/things/{thing_id}")
    @router.delete("/v1/things/{thing_id}")
    async def one(thing_id: int) -> int:
        return thing_id

    @router.patch("/v1/things/{thing_id}")
    async def other(thing_id: int) -> int:
        return thing_id

    response = await ask(router, "PUT", "/v1/things/1")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize("error", [ValueError(CANARY), Unregistered(CANARY), HTTPException(500, CANARY)])
async def test_unexpected_error_is_logged_and_the_response_contains_no_details(
    error: Exception, log: StringIO
) -> None:
    response = await ask(failing_with(error), "POST", "/v1/orders", headers={"X-Request-Id": "r-2"})
    assert response.status_code == 500
    assert response.json() == {
        "type": "/problems/internal_error",
        "title": "Internal error",
        "status": 500,
        "instance": "/v1/orders",
        "code": "internal_error",
        "request_id": "r-2",
    }
    assert '"event": "unexpected error"' in log.getvalue()
    assert '"request_id": "client:r-2"' in log.getvalue()
    assert "test_refusals.py" in log.getvalue()
    assert CANARY not in log.getvalue()


@pytest.mark.parametrize("path", [f"/{CANARY}", "/%00", "/a%0d%0ab", "/%ff", "/" + "a" * 300, "/é"])
async def test_response_and_log_do_not_contain_an_unexpected_path(path: str, log: StringIO) -> None:
    response = await ask(app_of(), "GET", path)
    assert response.status_code == 404
    assert "instance" not in response.json()
    assert CANARY not in log.getvalue()
