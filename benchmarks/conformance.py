"""Check that all contenders do the same work: equal requests get equal responses and equal errors."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from benchmarks.shop import Shop

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_ASSIGNED = {"id", "number", "expires_at", "placed_at", "updated_at"}
"""The fields that differ between equivalent orders."""
UNKNOWN = UUID("01900000-0000-7000-8000-000000000000")


class Differs(Exception):
    """A contender's response differs from the expected one. The message names the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: Any


@dataclass(frozen=True, slots=True)
class Client:
    url: str

    def send(
        self, method: str, path: str, *, token: str | None = None, key: str | None = None, body: object = None
    ) -> Answer:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - the URL always begins with http://127.0.0.1
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - the URL always begins with http://127.0.0.1
                return Answer(response.status, response.headers, json.loads(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, json.loads(error.read() or b"null"))


def observed(url: str, shop: Shop) -> dict[str, Any]:
    """Send a contender one request of each kind, and return the responses in comparable form."""
    client = Client(url)
    order, owner = shop.orders[0]
    token, stranger = shop.tokens[owner], shop.tokens[owner - 1]
    first, second = shop.products[1], shop.products[2]
    lines = [{"product_id": str(first), "quantity": 1}, {"product_id": str(second), "quantity": 2}]
    key = uuid4().hex

    def place(key: str | None = None, token: str | None = token, lines: object = lines) -> Answer:
        return client.send("POST", "/v1/orders", token=token, key=key, body={"lines": lines})

    placed, again = place(key), place(key)
    if placed.status != HTTPStatus.CREATED:
        raise Differs(f"an order was answered with {placed.status}: {placed.body}")
    if again.body != placed.body or again.headers.get("Idempotent-Replayed") != "true":
        raise Differs("the same key was not answered with the same order")
    read = client.send("GET", placed.headers["Location"], token=token)
    if _comparable(read.body) != _comparable(placed.body):
        raise Differs("the order that is read is not the one that was placed")
    page = client.send("GET", "/v1/products?limit=20", token=token)
    if not page.body.pop("next_cursor"):
        raise Differs("the first page has no cursor")
    too_many = [{"product_id": str(first), "quantity": 999_999_999}]
    unknown = [{"product_id": str(UNKNOWN), "quantity": 1}]
    return {
        "health": client.send("GET", "/livez").body,
        "product": _tagged(client.send("GET", f"/v1/products/{shop.products[3]}", token=token)),
        "page": _comparable(page.body),
        "order": _tagged(client.send("GET", f"/v1/orders/{order}", token=token)),
        "placed": _without_assigned(_comparable(placed.body)),
        "statuses": {
            "placed": placed.status,
            "placed again": again.status,
            "the key for another order": place(key, lines=lines[:1]).status,
            "without a key": place().status,
            "without a token": place(uuid4().hex, token=None).status,
            "with a forged token": place(uuid4().hex, token=token[:-6] + "AAAAAA").status,
            "somebody else's order": client.send("GET", f"/v1/orders/{order}", token=stranger).status,
            "no such product": client.send("GET", f"/v1/products/{UNKNOWN}").status,
            "an order of what there is not": place(uuid4().hex, lines=unknown).status // 100,
            "an order of too many": place(uuid4().hex, lines=too_many).status // 100,
            "an order of nothing": place(uuid4().hex, lines=[]).status,
        },
    }


def ensure_alike(expected: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Compare the responses of two contenders. Raises Differs."""
    for name, value in expected.items():
        if found[name] != value:
            raise Differs(f"{name}: expected {value}, found {found[name]}")


def _tagged(answer: Answer) -> dict[str, Any]:
    return {"etag": answer.headers.get("ETag"), "body": _comparable(answer.body)}


def _comparable(value: Any) -> Any:  # noqa: ANN401 - a JSON value can have any type
    """Return a JSON value in which all timestamps have one format."""
    if isinstance(value, dict):
        return {name: _comparable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_comparable(member) for member in value]
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        return value[:19] + (match[1] or ".").ljust(7, "0") + "Z"
    return value


def _without_assigned(order: dict[str, Any]) -> dict[str, Any]:
    lines = [{name: v for name, v in line.items() if name not in _ASSIGNED} for line in order["lines"]]
    return {name: v for name, v in order.items() if name not in _ASSIGNED} | {"lines": lines}
