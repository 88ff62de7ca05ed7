from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from domain.shared.errors import PreconditionFailed
from entrypoints.http.representation.etags import (
    NOT_MODIFIED,
    IfMatch,
    content_tag,
    if_none_match,
    version_tag,
    with_etag,
)
from entrypoints.http.routing.serialized_json import SerializedJSONResponse
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import ask

PRESENT = 7


class Thing(BaseModel):
    name: str = "mug"


async def cached(response: Response) -> None:
    response.headers["Cache-Control"] = "public, max-age=5"


router = APIRouter(route_class=StrictRoute)


@router.get("/thing", response_model=Thing, responses=NOT_MODIFIED)
async def get_thing(
    request: Request, response: Response, _: Annotated[None, Depends(cached)]
) -> Thing | Response:
    return with_etag(request, response, Thing(), PRESENT)


@router.get("/page", response_model=None, response_class=SerializedJSONResponse, responses=NOT_MODIFIED)
async def get_page(
    request: Request, response: Response, _: Annotated[None, Depends(cached)]
) -> bytes | Response:
    content = Thing().model_dump_json().encode()
    return if_none_match(request, response, content, content_tag(content))


@router.put("/thing")
async def put_thing(seen: IfMatch) -> dict[str, int]:
    if seen != PRESENT:
        raise PreconditionFailed(PRESENT)
    return {"seen": seen}


def test_etag_of_a_version_is_strong() -> None:
    assert version_tag(7) == '"v7"'


async def test_several_if_none_match_headers_form_one_list() -> None:
    headers = [("If-None-Match", '"v1"'), ("If-None-Match", '"v2", W/"v7"')]
    assert (await ask(router, "GET", "/thing", headers=headers)).status_code == 304
    assert (await ask(router, "GET", "/thing", headers=headers[:1])).status_code == 200


@pytest.mark.parametrize("lines", [1, 2])
@pytest.mark.parametrize(("method", "name"), [("GET", "If-None-Match"), ("PUT", "If-Match")])
async def test_overlong_etag_condition_is_rejected(method: str, name: str, lines: int) -> None:
    headers = [(name, ", ".join(['"v7"'] * (400 // lines)))] * lines
    response = await ask(router, method, "/thing", headers=headers)
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["parameter"], error["in"], error["code"]) == (name, "header", "too_long")
    assert error["params"] == {"max_length": 2000}


def test_rejection_of_an_overlong_if_none_match_is_documented() -> None:
    [get] = [route for route in router.routes if isinstance(route, StrictRoute) and route.name == "get_thing"]
    assert 422 in get.responses


async def test_response_with_an_etag_has_the_cache_control_value_no_transform() -> None:
    response = await ask(router, "PUT", "/thing", headers={"If-Match": '"v6"'})
    assert (response.status_code, response.headers["ETag"]) == (412, '"v7"')
    assert response.headers["Cache-Control"] == "no-store, no-transform"


def test_etag_of_a_page_depends_on_its_content() -> None:
    assert content_tag(b"a") == content_tag(b"a") != content_tag(b"b")


@pytest.mark.parametrize("known", ['"v6"', '"v77"', "v7", '"v7', "", "W/", '"v6", "v8"', '"v6 "v7"'])
async def test_request_without_the_current_etag_returns_the_object(known: str) -> None:
    response = await ask(router, "GET", "/thing", headers={"If-None-Match": known})
    assert (response.status_code, response.json(), response.headers["ETag"]) == (200, {"name": "mug"}, '"v7"')


@pytest.mark.parametrize("known", ['"v7"', 'W/"v7"', '"v6", "v7"', '"x,y" ,W/"v7"', "*", " * "])
async def test_matching_if_none_match_returns_304(known: str) -> None:
    response = await ask(router, "GET", "/thing", headers={"If-None-Match": known})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == '"v7"'


@pytest.mark.parametrize("address", ["/thing", "/page"])
async def test_response_with_status_304_has_the_same_headers_as_with_status_200(address: str) -> None:
    full = await ask(router, "GET", address)
    known = await ask(router, "GET", address, headers={"If-None-Match": full.headers["ETag"]})
    assert (full.status_code, known.status_code) == (200, 304)
    for name in ("ETag", "Cache-Control"):
        assert known.headers[name] == full.headers[name]
    assert full.json() == {"name": "mug"}


async def test_change_with_the_current_version_in_if_match_succeeds() -> None:
    assert (await ask(router, "PUT", "/thing", headers={"If-Match": '"v7"'})).json() == {"seen": 7}


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
async def test_change_without_if_match_is_rejected(headers: dict[str, str]) -> None:
    response = await ask(router, "PUT", "/thing", headers=headers)
    assert (response.status_code, response.json()["code"]) == (428, "precondition_required")


@pytest.mark.parametrize(
    "seen",
    ['"v6"', 'W/"v7"', "v7", '"7"', '"v07"', '"v-7"', '"v"', "", '"', '"v' + "9" * 400 + '"', "7", '"V7"'],
)
async def test_stale_if_match_is_rejected_with_the_current_etag(seen: str) -> None:
    response = await ask(router, "PUT", "/thing", headers={"If-Match": seen})
    assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
    assert response.headers["ETag"] == '"v7"'


async def test_if_match_with_several_versions_uses_the_highest_strong_version() -> None:
    assert (await ask(router, "PUT", "/thing", headers={"If-Match": '"v3", W/"v9", "v7"'})).is_success
