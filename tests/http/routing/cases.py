"""Endpoints of every kind that FastAPI documents, with requests to each endpoint."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Cookie, Depends, Form, Header, Path, Query, Request, Response
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

from entrypoints.http.routing.dependency_options import immediate
from entrypoints.http.routing.serialized_json import SerializedJSONResponse

ID = "019b8d2c-8e00-7000-8000-000000000000"

calls: list[str] = []


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Thing(BaseModel):
    count: int
    name: str | None = None


class Other(BaseModel):
    kind: Literal["other"]


class Filter(BaseModel):
    limit: int = Field(25, ge=1, le=100)
    tags: list[str] = []
    sort: Literal["a", "-a"] = "a"


class HeaderModel(BaseModel):
    x_size: int = 1
    x_names: list[str] = []


class Answer(BaseModel):
    id: UUID | None = None
    text: str = "text"
    nested: Thing | None = None
    alias: str = Field("aliased", serialization_alias="aliasOut")


async def leaf(size: Annotated[int, Header(alias="X-Size", le=9)] = 1) -> int:
    calls.append("leaf")
    return size


async def left(value: Annotated[int, Depends(leaf)], low: Annotated[int, Query()] = 0) -> str:
    calls.append("left")
    return f"left {value} {low}"


async def right(value: Annotated[int, Depends(leaf)]) -> str:
    calls.append("right")
    return f"right {value}"


@immediate
def doubled(value: Annotated[int, Depends(leaf)], low: Annotated[int, Query()] = 0) -> int:
    calls.append("doubled")
    return 2 * value + low


async def fresh(value: Annotated[int, Depends(leaf, use_cache=False)]) -> int:
    calls.append("fresh")
    return value


async def sets_headers(response: Response) -> None:
    calls.append("sets_headers")
    response.headers["X-Quota"] = "7"


async def sets_status(response: Response) -> None:
    response.status_code = 202


class CallableDependency:
    async def __call__(self, request: Request) -> str:
        calls.append("callable")
        return request.url.path


async def path_only(thing_id: UUID) -> dict[str, Any]:
    return {"id": str(thing_id)}


async def path_rule(number: Annotated[int, Path(ge=3)]) -> int:
    return number


async def query_kinds(
    required: str,
    number: int = 3,
    flag: bool = False,
    color: Color = Color.RED,
    maybe: UUID | None = None,
    union: int | str = "none",
    many: Annotated[list[int], Query()] = [],  # noqa: B006 - FastAPI copies the default for each request
    aliased: Annotated[str, Query(alias="a-b")] = "x",
) -> dict[str, Any]:
    return {
        "required": required,
        "number": number,
        "flag": flag,
        "color": color,
        "maybe": maybe,
        "union": union,
        "many": many,
        "aliased": aliased,
    }


async def query_model(query: Annotated[Filter, Query()]) -> Filter:
    return query


async def query_default_factory(at: Annotated[list[int], Query(default_factory=lambda: [1])]) -> list[int]:
    at.append(2)
    return at


async def header_kinds(
    x_names: Annotated[list[str], Header()],
    x_size: Annotated[int, Header(ge=2)] = 2,
    user_agent: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    return {"names": x_names, "size": x_size, "agent": user_agent}


async def header_model(headers: Annotated[HeaderModel, Header()]) -> HeaderModel:
    return headers


async def cookie_kinds(session: Annotated[str, Cookie()], size: Annotated[int, Cookie()] = 1) -> list[Any]:
    return [session, size]


async def body_model(thing: Thing) -> Thing:
    return thing


async def body_optional(thing: Thing | None = None) -> dict[str, Any]:
    return {"thing": thing}


async def body_union(thing: Thing | Other) -> Thing | Other:
    return thing


async def body_embedded(thing: Annotated[Thing, Body(embed=True)]) -> Thing:
    return thing


async def body_several(thing: Thing, other: Other, number: Annotated[int, Body()] = 1) -> dict[str, Any]:
    return {"thing": thing, "other": other, "number": number}


async def body_list(things: list[Thing]) -> int:
    return len(things)


async def with_body(thing: Thing) -> int:
    return thing.count


async def body_in_dependency(count: Annotated[int, Depends(with_body)]) -> int:
    return count


async def body_in_both(thing: Thing, count: Annotated[int, Depends(with_body)]) -> list[Any]:
    return [thing, count]


async def form_fields(
    name: Annotated[str, Form(min_length=2)], size: Annotated[int, Form()] = 1
) -> list[Any]:
    return [name, size]


async def form_model(form: Annotated[Thing, Form()]) -> Thing:
    return form


async def shared(one: Annotated[str, Depends(left)], two: Annotated[str, Depends(right)]) -> list[str]:
    calls.append("endpoint")
    return [one, two]


async def immediate_and_other(
    one: Annotated[int, Depends(doubled)], two: Annotated[int, Depends(leaf)]
) -> list[int]:
    return [one, two]


async def uncached(
    one: Annotated[int, Depends(fresh)],
    two: Annotated[int, Depends(leaf)],
    three: Annotated[int, Depends(fresh)],
) -> list[int]:
    return [one, two, three]


async def keyword_only(*, low: int = 1, value: Annotated[int, Depends(leaf)], request: Request) -> list[Any]:
    return [low, value, request.method]


async def connection(
    request: Request, connection: HTTPConnection, path: Annotated[str, Depends(CallableDependency())]
) -> list[str]:
    return [request.url.path, connection.url.path, path]


async def own_status(response: Response) -> str:
    response.status_code = 203
    response.headers["X-Mine"] = "yes"
    return "made"


async def own_response(_: Annotated[None, Depends(sets_headers)]) -> Response:
    return JSONResponse({"own": True}, status_code=209, headers={"X-Own": "1"})


async def answer() -> Answer:
    return Answer(nested=Thing(count=1))


async def bytes_of_json() -> bytes:
    return '{"a":"ä"}'.encode()


async def nothing() -> None: ...


@dataclass(frozen=True)
class Case:
    name: str
    endpoint: Callable[..., Any]
    requests: tuple[dict[str, Any], ...]
    path: str = "/x"
    method: str = "GET"
    options: dict[str, Any] = field(default_factory=dict)


def get(*urls: str, **options: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"url": url, **options} for url in urls)


def post(*bodies: Any, **options: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"url": "/x", "json": body, **options} for body in bodies)


THINGS: tuple[Any, ...] = ({"count": 1}, {"count": "x"}, {}, [], None, 7, {"count": 2, "name": 3})
QUERIES = (
    "/x?required=a",
    "/x",
    "/x?required=a&number=7&flag=true&color=blue&maybe=" + ID + "&union=5&many=1&many=2&a-b=z",
    "/x?required=&number=x&flag=perhaps&color=green&maybe=1&many=a&many=2",
)
FORMS: tuple[dict[str, Any], ...] = (
    {"url": "/x", "data": {"name": "ann", "size": "2"}},
    {"url": "/x", "data": {"name": "a", "size": "two"}},
    {"url": "/x", "data": {}},
)
HEADERS: tuple[dict[str, Any], ...] = (
    {"url": "/x", "headers": [("X-Names", "a"), ("X-Names", "b"), ("X-Size", "4")]},
    {"url": "/x", "headers": [("X-Names", "a"), ("X-Size", "1")]},
    {"url": "/x"},
)
PARAMETERS = (
    Case("path", path_only, get(f"/x/{ID}", "/x/nonsense"), path="/x/{thing_id}"),
    Case("path convertor", path_only, get(f"/x/{ID}"), path="/x/{thing_id:uuid}"),
    Case("path rule", path_rule, get("/x/3", "/x/2", "/x/a"), path="/x/{number}"),
    Case("query", query_kinds, get(*QUERIES)),
    Case("query model", query_model, get("/x", "/x?limit=3&tags=a&tags=b&sort=-a", "/x?limit=0&sort=b")),
    Case("query default factory", query_default_factory, get("/x", "/x", "/x?at=5")),
    Case("headers", header_kinds, HEADERS),
    Case("header model", header_model, HEADERS),
    Case("cookies", cookie_kinds, ({"url": "/x", "headers": {"Cookie": "session=s; size=3"}}, {"url": "/x"})),
    Case("body", body_model, (*post(*THINGS), {"url": "/x"}), method="POST"),
    Case("optional body", body_optional, (*post(*THINGS), {"url": "/x"}), method="POST"),
    Case("union body", body_union, post(*THINGS, {"kind": "other"}), method="POST"),
    Case("embedded body", body_embedded, post(*THINGS, {"thing": {"count": 1}}), method="POST"),
    Case(
        "several bodies",
        body_several,
        post(*THINGS, {"thing": {"count": 1}, "other": {"kind": "other"}, "number": 4}),
        method="POST",
    ),
    Case(
        "list body", body_list, post(*THINGS, [{"count": 1}, {"count": 2}], [{"count": "x"}]), method="POST"
    ),
    Case("body in dependency", body_in_dependency, post(*THINGS), method="POST"),
    Case("body in both", body_in_both, post(*THINGS), method="POST"),
    Case("form fields", form_fields, FORMS, method="POST"),
    Case("form model", form_model, ({"url": "/x", "data": {"count": "3"}}, *FORMS), method="POST"),
    Case("shared dependency", shared, get("/x", "/x?low=2", "/x?low=x", headers={"X-Size": "4"})),
    Case("shared dependency with an error", shared, get("/x?low=x", headers={"X-Size": "10"})),
    Case("immediate dependency", immediate_and_other, get("/x", "/x?low=2", headers={"X-Size": "4"})),
    Case(
        "immediate dependency with an error",
        immediate_and_other,
        get("/x?low=x", "/x", headers={"X-Size": "10"}),
    ),
    Case("uncached dependency", uncached, get("/x", headers={"X-Size": "4"})),
    Case("uncached dependency with an error", uncached, get("/x", headers={"X-Size": "10"})),
    Case("keyword-only", keyword_only, get("/x", "/x?low=7", "/x?low=x")),
    Case("connection", connection, get("/x")),
    Case("route dependencies", nothing, get("/x"), options={"dependencies": [Depends(sets_headers)]}),
)
RESPONSES = (
    Case("status and headers", own_status, get("/x"), options={"status_code": 201}),
    Case("status of a dependency", nothing, get("/x"), options={"dependencies": [Depends(sets_status)]}),
    Case("own response", own_response, get("/x")),
    Case("nothing", nothing, get("/x")),
    Case("no content", nothing, get("/x"), options={"status_code": 204}),
    Case("model", answer, get("/x"), options={"dependencies": [Depends(sets_headers)]}),
    Case("exclude none", answer, get("/x"), options={"response_model_exclude_none": True}),
    Case("exclude unset", answer, get("/x"), options={"response_model_exclude_unset": True}),
    Case("exclude defaults", answer, get("/x"), options={"response_model_exclude_defaults": True}),
    Case("exclude", answer, get("/x"), options={"response_model_exclude": {"text"}}),
    Case("include", answer, get("/x"), options={"response_model_include": {"text", "nested"}}),
    Case("by name", answer, get("/x"), options={"response_model_by_alias": False}),
    Case("another model", answer, get("/x"), options={"response_model": dict[str, Any]}),
    Case("no model", answer, get("/x"), options={"response_model": None}),
    Case("model that fails", answer, get("/x"), options={"response_model": Thing}),
    Case(
        "response class", nothing, get("/x"), options={"response_class": JSONResponse, "response_model": None}
    ),
    Case("text", own_status, get("/x"), options={"response_class": PlainTextResponse}),
    Case(
        "serialized JSON",
        bytes_of_json,
        get("/x"),
        options={
            "response_class": SerializedJSONResponse,
            "response_model": None,
            "dependencies": [Depends(sets_headers)],
        },
    ),
)
