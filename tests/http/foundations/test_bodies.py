from collections.abc import AsyncIterator
from io import StringIO
from typing import Annotated

import pytest
from fastapi import APIRouter, Body, Form

from entrypoints.http.representation.schemas import RequestModel, StrictInt, text
from entrypoints.http.routing.body import FORM, MAX_BODY_BYTES, MERGE_PATCH
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import ask

CANARY = "hunter2-c4n4ry"
JSON = {"Content-Type": "application/json"}

router = APIRouter(route_class=StrictRoute)


class Note(RequestModel):
    text: Annotated[str, text(max_length=300_000)]
    stars: StrictInt = 0


@router.post("/notes")
async def create_note(note: Note) -> dict[str, int]:
    return {"length": len(note.text)}


@router.patch("/notes")
async def change_note(note: Annotated[Note, Body(media_type=MERGE_PATCH)]) -> dict[str, int]:
    return {"length": len(note.text)}


@router.post("/log-in")
async def log_in(username: Annotated[str, Form()]) -> dict[str, int]:
    return {"length": len(username)}


async def test_valid_body_is_accepted() -> None:
    response = await ask(router, "POST", "/notes", json={"text": "é😀"})
    assert (response.status_code, response.json()) == (200, {"length": 2})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'{{"text": "{CANARY}", "stars": NaN}}', id="NaN"),
        pytest.param(f'{{"text": "{CANARY}", "stars": 1e400}}', id="1e400"),
        pytest.param(f'{{"text": "{CANARY}", "stars": {2**53}}}', id="2^53"),
        pytest.param(f'{{"text": "{CANARY}", "text": "{CANARY}"}}', id="duplicate key"),
        pytest.param(f'{{"text": "{CANARY}\\ud800"}}', id="lone surrogate"),
        pytest.param(f'{{"text": "{CANARY}\\u0000"}}', id="NUL"),
        pytest.param(f'{{"text": "{CANARY}"}}'.encode("utf-16"), id="UTF-16"),
        pytest.param(f'{{"text": {"[" * 40}"{CANARY}"{"]" * 40}}}', id="deep nesting"),
        pytest.param(f'{{"text": "{CANARY}', id="cut off"),
    ],
)
async def test_response_and_log_do_not_contain_the_content_of_malformed_json(
    body: str | bytes, log: StringIO
) -> None:
    response = await ask(router, "POST", "/notes", content=body, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "malformed_json")
    assert CANARY not in f"{response.text}{response.headers}{log.getvalue()}"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/jsonp", "", MERGE_PATCH]
)
async def test_response_to_an_unsupported_media_type_contains_the_accepted_type(content_type: str) -> None:
    headers = {"Content-Type": content_type}
    response = await ask(router, "POST", "/notes", content=b'{"text": ""}', headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert response.headers["Accept"] == "application/json"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
async def test_letter_case_and_parameters_of_a_media_type_are_ignored(content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert (await ask(router, "POST", "/notes", content=b'{"text": ""}', headers=headers)).is_success


@pytest.mark.parametrize("content_type", [MERGE_PATCH, "application/json"])
async def test_merge_patch_body_is_accepted_with_the_media_type_merge_patch_or_json(
    content_type: str,
) -> None:
    headers = {"Content-Type": content_type}
    assert (await ask(router, "PATCH", "/notes", content=b'{"text": ""}', headers=headers)).is_success


async def test_unsupported_patch_format_is_rejected_with_the_header_accept_patch() -> None:
    headers = {"Content-Type": "application/json-patch+json"}
    response = await ask(router, "PATCH", "/notes", content=b"[]", headers=headers)
    assert response.status_code == 415
    assert response.headers["Accept-Patch"] == "application/merge-patch+json, application/json"


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
@pytest.mark.parametrize(
    ("url", "media_type", "body"),
    [("/notes", "application/json", b'{"text": ""}'), ("/log-in", FORM, b"username=ann")],
)
async def test_body_with_a_content_encoding_is_rejected(
    url: str, media_type: str, body: bytes, encoding: str
) -> None:
    headers = {"Content-Type": media_type, "Content-Encoding": encoding}
    response = await ask(router, "POST", url, content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert response.headers["Accept-Encoding"] == "identity"
    plain = await ask(router, "POST", url, content=body, headers=headers | {"Content-Encoding": "identity"})
    assert plain.is_success


async def test_body_one_byte_above_the_maximum_size_is_rejected() -> None:
    frame = len('{"text": ""}')
    body = '{"text": "' + "x" * (MAX_BODY_BYTES - frame) + '"}'
    assert (await ask(router, "POST", "/notes", content=body, headers=JSON)).is_success
    response = await ask(router, "POST", "/notes", content=body + " ", headers=JSON)
    assert (response.status_code, response.json()["params"]) == (413, {"max_bytes": MAX_BODY_BYTES})


async def test_reading_of_a_chunked_body_stops_at_the_maximum_size() -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(160):
            sent += 1
            yield b"x" * 65_536

    response = await ask(router, "POST", "/notes", content=chunks(), headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert sent == 5


async def test_form_above_the_maximum_body_size_is_rejected() -> None:
    response = await ask(router, "POST", "/log-in", data={"username": "x" * MAX_BODY_BYTES})
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_form_with_a_nul_character_is_rejected() -> None:
    response = await ask(router, "POST", "/log-in", data={"username": f"{CANARY}\0"})
    assert (response.status_code, response.json()["code"]) == (400, "malformed_request")
    assert CANARY not in response.text


async def test_valid_form_is_parsed() -> None:
    assert (await ask(router, "POST", "/log-in", data={"username": "ann"})).json() == {"length": 3}
