"""Validate every response against the OpenAPI description."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import httpx2
import jsonschema_rs

from entrypoints.http.app import create_app
from entrypoints.settings import Settings

Json = Mapping[str, Any]

_NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nowhere"
_STORABLE = re.compile(r"/v1/products(/[^/]+)?|/problems(/.*)?|/docs/assets/.*|/(openapi|asyncapi)\.json")
"""Public operations that read data. Caches may store the responses."""


SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers that every response has."""


UNDECLARED_HEADERS = {
    *(name.lower() for name in SECURITY_HEADERS),
    "cache-control",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "pragma",
    "strict-transport-security",
    "vary",
    *(f"access-control-{name}" for name in ("allow-origin", "allow-credentials", "expose-headers")),
}
"""Headers that HTTP and browsers define. The OpenAPI document does not repeat these headers for each response."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: a method of a path."""

    method: str
    path: str
    described: Json

    @property
    def id(self) -> str:
        name: str = self.described["operationId"]
        return name

    @property
    def needs_token(self) -> bool:
        ways: list[Json] = self.described["security"]
        return {} not in ways and ways != []

    def parameters(self, place: str) -> list[Json]:
        """Return the described parameters of one location: path, query or header."""
        return [item for item in self.described.get("parameters", []) if item["in"] == place]


@cache
def openapi_document() -> Json:
    return create_app(Settings(database_url=_NO_DATABASE)).openapi()


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(
        Operation(method.upper(), path, described)
        for path, methods in openapi_document()["paths"].items()
        for method, described in methods.items()
    )


def resolved(part: Json) -> Json:
    """Resolve a reference to a component of the description, such as a schema or an example."""
    if "$ref" not in part:
        return part
    _, kind, name = part["$ref"].rsplit("/", 2)
    component: Json = openapi_document()["components"][kind][name]
    return {**component, **{key: value for key, value in part.items() if key != "$ref"}}


def objects_within(part: Any) -> Iterator[Json]:
    """Yield every JSON object of a part of the description."""
    if isinstance(part, list):
        for member in part:
            yield from objects_within(member)
    elif isinstance(part, dict):
        yield part
        for member in part.values():
            yield from objects_within(member)


def validator(schema: Json) -> Any:
    """Return a validator for a schema. The schema may refer to other schemas of the description."""
    return _validator(json.dumps(schema, sort_keys=True))


@cache
def _validator(schema: str) -> Any:
    root = {**json.loads(schema), "components": openapi_document()["components"]}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


@lru_cache(maxsize=1000)
def operation_at(method: str, path: str) -> Operation | None:
    """Return the described operation of a request, or None.

    The result is cached. A search compares the path with the patterns of all operations, and most tests send many
    requests to one path.
    """
    found = [operation for operation in operations() if _pattern(operation.path).fullmatch(path)]
    literal = min((operation.path.count("{") for operation in found), default=0)
    method = "GET" if method == "HEAD" else method
    return next(
        (
            operation
            for operation in found
            if operation.method == method and operation.path.count("{") == literal
        ),
        None,
    )


async def validate_response(response: httpx2.Response) -> None:
    """Check that the response matches the description and has all required headers.

    Pass this function to an HTTP client in `event_hooks`.
    """
    await response.aread()
    request = response.request
    assert response.headers["X-Request-Id"]
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value, request.url.path
    if not (request.method in {"GET", "HEAD"} and _STORABLE.fullmatch(request.url.path)):
        expected = "no-store, no-transform" if "ETag" in response.headers else "no-store"
        assert response.headers["Cache-Control"] == expected, request.url.path
    elif "ETag" in response.headers and not request.url.path.startswith("/docs/assets/"):
        assert "no-transform" in response.headers["Cache-Control"], request.url.path
    if "html" not in response.headers.get("Content-Type", ""):
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors")
    operation = operation_at(request.method, request.url.path)
    if operation is not None:
        _validate_described(operation, response)


def _validate_described(operation: Operation, response: httpx2.Response) -> None:
    answers = operation.described["responses"]
    assert str(response.status_code) in answers, (
        f"{operation.id} answers {response.status_code}: {response.text}"
    )
    undeclared = {name.lower() for name in response.headers} - UNDECLARED_HEADERS
    undeclared -= {name.lower() for name in answers[str(response.status_code)].get("headers", {})}
    assert not undeclared, (
        f"{operation.id} answers {response.status_code} with undeclared headers: {undeclared}"
    )
    content = answers[str(response.status_code)].get("content", {})
    if not content:
        assert not response.content, f"{operation.id} answers {response.status_code} with undescribed content"
        return
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type in content, f"{operation.id} answers {response.status_code} as {media_type}"
    if media_type.endswith("json") and response.request.method != "HEAD":
        for error in validator(content[media_type].get("schema", {})).iter_errors(response.json()):
            place = "/".join(map(str, error.instance_path))
            raise AssertionError(
                f"{operation.id} answers {response.status_code} with {place}: {error.message}"
            )


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(path)))
