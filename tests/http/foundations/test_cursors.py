from datetime import UTC, timedelta, timezone
from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from fastapi import APIRouter, Query
from hypothesis import given
from hypothesis import strategies as st

from application.shared.page import Page, Position
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.representation.cursors import MAX_LENGTH, Cursors, list_fingerprint
from entrypoints.http.representation.pagination import ListQuery, PageResponse, PageResult, RequestPaginator
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import ask

CURSORS = Cursors(b"k" * 32)
HERE = list_fingerprint("/things", {"sort": "name"})

positions = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
    | st.integers(-(2**63), 2**63)
    | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
    | st.uuids(),
    min_size=1,
    max_size=2,
).map(tuple)


@given(positions)
def test_signed_cursor_is_decoded_to_the_encoded_position(position: Position) -> None:
    cursor = CURSORS.seal(position, HERE)
    opened = CURSORS.open(cursor, HERE)
    assert opened == position
    assert [type(value) for value in opened] == [type(value) for value in position]


@given(st.text(max_size=200), st.uuids())
def test_no_cursor_is_longer_than_the_maximum_length(name: str, id_: UUID) -> None:
    clean = name.encode("utf-8", "replace").decode()
    assert len(CURSORS.seal((clean, id_), HERE)) <= MAX_LENGTH


@given(positions, st.data())
def test_cursor_with_any_changed_character_is_rejected(position: Position, data: st.DataObject) -> None:
    cursor = CURSORS.seal(position, HERE)
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != cursor[at]))
    with pytest.raises(HTTPProblem):
        CURSORS.open(cursor[:at] + other + cursor[at + 1 :], HERE)


@given(positions, st.text(min_size=1, max_size=3))
def test_extended_or_truncated_cursor_is_rejected(position: Position, more: str) -> None:
    cursor = CURSORS.seal(position, HERE)
    for forged in (cursor + more, more + cursor, cursor[:-1], cursor[1:], cursor + "="):
        with pytest.raises(HTTPProblem):
            CURSORS.open(forged, HERE)


@given(st.text(max_size=100))
def test_arbitrary_text_is_rejected_as_a_cursor(garbage: str) -> None:
    with pytest.raises(HTTPProblem) as refusal:
        CURSORS.open(garbage, HERE)
    assert refusal.value.type.code == "invalid_cursor"
    assert refusal.value.detail == refusal.value.type.detail


def test_cursor_of_another_list_or_with_another_signing_secret_is_rejected() -> None:
    cursor = CURSORS.seal(("a", 1), HERE)
    for fingerprint in (
        list_fingerprint("/others", {"sort": "name"}),
        list_fingerprint("/things", {"sort": "-name"}),
        list_fingerprint("/things", {"sort": "name", "q": None}),
    ):
        with pytest.raises(HTTPProblem):
            CURSORS.open(cursor, fingerprint)
    with pytest.raises(HTTPProblem):
        Cursors(b"j" * 32).open(cursor, HERE)


def test_cursor_one_character_above_the_maximum_length_is_rejected() -> None:
    with pytest.raises(HTTPProblem):
        CURSORS.open("A" * (MAX_LENGTH + 1), HERE)


NAMES = [f"n{number:02}" for number in range(7)]


class ListNamesQuery(ListQuery):
    q: str | None = None
    sort: Literal["name", "-name"] = "name"


router = APIRouter(route_class=StrictRoute)


@router.get("/names", response_model=PageResponse[str])
async def list_names(
    query: Annotated[ListNamesQuery, Query()], paginator: RequestPaginator
) -> PageResult[str]:
    after = paginator.position(query)
    rest = [name for name in NAMES if after is None or name > str(after[0])]
    items = tuple(rest[: query.limit])
    return paginator.page(query, Page(items, (items[-1],) if len(rest) > len(items) else None))


async def test_links_to_the_next_page_lead_to_every_item_exactly_once() -> None:
    seen: list[str] = []
    address = "/names?limit=3&q=%26%C3%A9"
    while address:
        response = await ask(router, "GET", address)
        seen += response.json()["items"]
        link = response.headers.get("Link", "")
        assert (response.json()["next_cursor"] is None) == (not link)
        assert not link or link.endswith('>; rel="next"')
        address = link[1 : link.find(">")] if link else ""
        query = parse_qs(urlsplit(address).query)
        assert not link or (query["limit"], query["q"]) == (["3"], ["&é"])
        assert not link or query["cursor"] == [response.json()["next_cursor"]]
    assert seen == NAMES


async def test_cursor_is_valid_only_with_the_same_sort_and_filter() -> None:
    cursor = (await ask(router, "GET", "/names?limit=3")).json()["next_cursor"]
    assert (await ask(router, "GET", f"/names?limit=5&cursor={cursor}")).json()["items"] == NAMES[3:]
    for other in ("sort=-name", "q=x"):
        response = await ask(router, "GET", f"/names?{other}&cursor={cursor}")
        assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")
        assert cursor not in response.text


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e2", ""])
async def test_page_size_below_1_or_above_100_is_rejected(limit: str) -> None:
    response = await ask(router, "GET", f"/names?limit={limit}")
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")


async def test_request_with_an_overlong_cursor_returns_400_with_the_code_invalid_cursor() -> None:
    response = await ask(router, "GET", f"/names?cursor={'A' * 5000}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")
