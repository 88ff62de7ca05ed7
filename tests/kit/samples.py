"""One acceptable request of each operation, made of the examples in the OpenAPI description."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2

from application.users.sign_up import SignUpCommand
from domain.users.permissions import Role
from tests.kit.described import Json, Operation, description
from tests.kit.web import PASSWORD, WebShop, order_of

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that is accepted as it is, and can be sent otherwise."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media_type: str | None = None

    @property
    def content(self) -> bytes:
        if self.media_type is None:
            return b""
        return (urlencode(self.body) if self.media_type == FORM else json.dumps(self.body)).encode()

    async def send(self, web: WebShop, *, content: bytes | None = None, **headers: str) -> httpx2.Response:
        """Send it, if wanted with another body, and with more or other headers."""
        media = {"Content-Type": self.media_type} if self.media_type else {}
        return await web.visitor.request(
            self.method,
            self.url,
            content=self.content if content is None else content,
            headers={
                **media,
                **self.headers,
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A shop in which every sample is acceptable: what its names stand for, and who may send it."""

    web: WebShop
    ids: Mapping[str, str]
    authorization: Mapping[str, str]

    @classmethod
    async def of(cls, web: WebShop) -> "Surroundings":
        email = f"admin-{uuid4().hex}@example.com"
        await web.container.sign_up()(SignUpCommand(email=email, password=PASSWORD, role=Role.ADMIN))
        tokens = [
            (await web.visitor.post("/token", data={"username": email, "password": PASSWORD})).json()
            for _ in range(2)
        ]
        authorization = {"Authorization": f"Bearer {tokens[0]['access_token']}"}
        product = await web.product(stock=100)
        order = await web.visitor.post(
            "/v1/orders",
            json=order_of((product, 1)),
            headers={**authorization, "Idempotency-Key": uuid4().hex},
        )
        sessions = (await web.visitor.get("/v1/me/sessions", headers=authorization)).json()["items"]
        ids = {
            "product_id": product["id"],
            "order_id": order.json()["id"],
            "session_id": next(session["id"] for session in sessions if not session["current"]),
            "code": "out_of_stock",
            "username": email,
            "password": PASSWORD,
            "refresh_token": tokens[1]["refresh_token"],
            "token": tokens[1]["refresh_token"],
        }
        return cls(web, ids, authorization)

    async def sample(self, operation: Operation) -> Sample:
        """Make a new acceptable request."""
        url = operation.path.format_map(self.ids)
        headers = dict(self.authorization) if operation.needs_token else {}
        for parameter in operation.parameters("header"):
            if parameter["required"]:
                headers[parameter["name"]] = await self._header(parameter["name"], url)
        sample = Sample(operation.method, url, headers)
        for media_type, content in operation.described.get("requestBody", {}).get("content", {}).items():
            body = example_of(content["schema"])
            sample = replace(sample, media_type=media_type, body=self.with_ids(body, form=media_type == FORM))
        return sample

    async def _header(self, name: str, url: str) -> str:
        match name:
            case "Idempotency-Key":
                return uuid4().hex
            case "If-Match":
                shown = await self.web.visitor.get(url, headers=self.authorization)
                return str(shown.headers["ETag"])
        raise LookupError(f"There is no sample of the header {name}.")

    def with_ids(self, value: Any, *, form: bool = False) -> Any:
        """Put in what is there for the ids of an example; in a form, also for names, passwords and tokens."""
        if isinstance(value, list):
            return [self.with_ids(member) for member in value]
        if isinstance(value, dict):
            return {
                name: self.ids[name]
                if name in self.ids and (form or name.endswith("_id"))
                else self.with_ids(member)
                for name, member in value.items()
            }
        return value


def resolved(schema: Json) -> Json:
    """Follow a reference to a named schema."""
    if "$ref" not in schema:
        return schema
    named: Json = description()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return {**named, **{name: rule for name, rule in schema.items() if name != "$ref"}}


def example_of(schema: Json) -> Any:
    """Return the schema's example, or put one together from those of its parts. Raises LookupError."""
    schema = resolved(schema)
    if "examples" in schema:
        return schema["examples"][0]
    for alternatives in ("anyOf", "oneOf"):
        if alternatives in schema:
            return example_of(schema[alternatives][0])
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "object":
        return {name: example_of(schema["properties"][name]) for name in schema.get("required", ())}
    if schema.get("type") == "string" and "enum" not in schema:
        return "text"
    raise LookupError(f"There is no example: {schema}")
