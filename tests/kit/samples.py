"""One valid request per operation, built from the examples in the OpenAPI description."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx2

from application.users.sign_up import SignUpCommand
from domain.shared.ids import UserId
from domain.users.one_time_token import SECRET_BYTES, OneTimeToken, TokenPurpose, text_of
from domain.users.permissions import Role
from entrypoints.email_addresses import sought_email_address
from tests.kit.actors import SOMEBODY
from tests.kit.openapi import Json, Operation, resolved
from tests.kit.web import PASSWORD, WebShop, order_body

QUANTITY, PRICE, CURRENCY = 2, 1800, "USD"
"""The quantity, price and currency of the order in the examples. Other amounts in the examples depend on this order."""
FORM = "application/x-www-form-urlencoded"
_PAID = re.compile(r"/(payments/.*|refunds|fulfillments|returns)")
"""Operations that need a paid order."""
_TOKENS = {"capture_payment": "tok_ok", "void_payment": "tok_3ds"}
"""Operations that need a payment before its capture. The token creates such a payment."""
_OF_GUESTS = {"get_guest_order", "renew_order_token"}
"""Operations on the order of a guest."""
_RETURNS = {"request_return", "approve_return", "refuse_return", "receive_return"}
"""Operations on a return. Each operation needs a separate order."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A valid request that can also be sent with changes."""

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
        """Send the sample as a new request, optionally with another body or other headers."""
        media = {"Content-Type": self.media_type} if self.media_type else {}
        if "Idempotency-Key" in self.headers:
            headers = {"Idempotency_Key": uuid4().hex, **headers}
        return await web.anonymous.request(
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
class SampleShop:
    """A shop with all objects that the sample requests need.

    `ids` contains the values that replace placeholders of the samples.

    `authorization` is the header of the user who owns all objects and sends the samples. `operator` is the header of
    an admin, for actions that this user may not perform.
    """

    web: WebShop
    ids: dict[str, str]
    authorization: Mapping[str, str]
    operator: Mapping[str, str]

    @classmethod
    async def of(cls, web: WebShop, owner: Role = Role.ADMIN) -> "SampleShop":
        email = f"{owner}-{uuid4().hex}@example.com"
        await web.container.users.sign_up()(
            SignUpCommand(email=sought_email_address(email), password=PASSWORD, role=owner, actor=SOMEBODY)
        )
        operator = await web.admin()  # a second admin, so that the owner is not the last admin
        tokens = [
            (await web.anonymous.post("/token", data={"username": email, "password": PASSWORD})).json()
            for _ in range(2)
        ]
        authorization = {"Authorization": f"Bearer {tokens[0]['access_token']}"}
        sessions = (await web.anonymous.get("/v1/me/sessions", headers=authorization)).json()["items"]
        ids = {
            "user_id": await web.account(),
            "session_id": next(session["id"] for session in sessions if not session["current"]),
            "owner_id": str((await web.anonymous.get("/v1/me", headers=operator.headers)).json()["id"]),
            "code": "out_of_stock",
            "provider": "sandbox",
            "username": email,
            "password": PASSWORD,
            "refresh_token": tokens[1]["refresh_token"],
            "token": tokens[1]["refresh_token"],
        }
        sample_shop = cls(web, ids, authorization, {"Authorization": operator.headers["Authorization"]})
        await sample_shop.place_orders()
        await sample_shop.subscribe()
        return sample_shop

    async def place_orders(self) -> None:
        """Place an unpaid order, and a paid order that is partially shipped and refunded."""
        product = await self.web.product(stock=100, price=PRICE, currency=CURRENCY)
        pending = await self._post("/v1/orders", order_body((product, QUANTITY)))
        for_guest = order_body((product, 1), guest={"email": "guest@example.com"})
        of_guest = await self._post("/v1/orders", for_guest, actor=self.operator)
        paid = await self._post("/v1/orders", order_body((product, 9)))
        url = f"/v1/orders/{paid['id']}"
        units = [{"line_id": paid["lines"][0]["id"], "quantity": 1}]
        payment = await self._post(
            f"{url}/payments", {"amount": paid["total"], "method": "sandbox", "token": "tok_ok"}
        )
        fulfillment = await self._post(f"{url}/fulfillments", {"lines": units}, actor=self.operator)
        refund = await self._post(f"{url}/refunds", {"lines": units, "reason": "Broken"}, actor=self.operator)
        returned = await self._post(f"{url}/returns", {"lines": units, "reason": "Too small"})
        self.ids.update(
            product_id=product["id"],
            order_id=pending["id"],
            guest_order_id=of_guest["id"],
            order_token=of_guest["order_token"],
            paid_order_id=paid["id"],
            line_id=paid["lines"][0]["id"],
            payment_id=payment["id"],
            fulfillment_id=fulfillment["id"],
            refund_id=refund["id"],
            return_id=returned["id"],
        )

    async def subscribe(self) -> None:
        """Create a webhook endpoint with pending deliveries."""
        endpoint = await self._post(
            "/v1/webhook-endpoints", {"url": "https://ann.example.com/hook"}, actor=self.operator
        )
        await self.web.container.events.relay_to_webhooks()(limit=1000)
        url = f"/v1/webhook-endpoints/{endpoint['id']}"
        sent = (await self.web.anonymous.get(f"{url}/deliveries", headers=self.operator)).json()["items"]
        self.ids.update(endpoint_id=endpoint["id"], delivery_id=sent[0]["id"])

    async def _post(self, url: str, body: Any, *, actor: Mapping[str, str] | None = None) -> Any:
        headers = {**(actor or self.authorization), "Idempotency-Key": uuid4().hex}
        response = await self.web.anonymous.post(url, json=body, headers=headers)
        assert response.is_success, response.text
        return response.json()

    async def sample(self, operation: Operation) -> Sample:
        """Return a new valid request."""
        if operation.id in _TOKENS:
            await self.begin_payment(_TOKENS[operation.id])
        if operation.id in _RETURNS:
            await self.begin_return(operation.id)
        if operation.id == "claim_guest_orders":
            await self.verify_address()
        url = self.url_of(operation)
        headers = dict(self.authorization) if operation.needs_token else {}
        for parameter in operation.parameters("header"):
            if parameter["required"]:
                headers[parameter["name"]] = await self._header(parameter["name"], url)
        sample = Sample(operation.method, url, headers)
        for media_type, content in operation.described.get("requestBody", {}).get("content", {}).items():
            body = body_example(content)
            body = {**self.with_ids(body, form=media_type == FORM), **await self._secrets(operation)}
            if operation.id in _RETURNS and "lines" in body:
                body["lines"] = [{**line, "line_id": self.ids["returned_line_id"]} for line in body["lines"]]
            sample = replace(sample, media_type=media_type, body=body)
        if operation.id == "receive_provider_message":
            sample = replace(sample, headers=await self._signature(sample))
        return sample

    def url_of(self, operation: Operation, **ids: str) -> str:
        """Return a URL of the operation.

        By default, the URL contains the ids of objects for which the operation succeeds.
        """
        order = self.ids["paid_order_id" if _PAID.search(operation.path) else "order_id"]
        if operation.id in _OF_GUESTS:
            order = self.ids["guest_order_id"]
        payment = self.ids["payment_id"]
        if operation.id in _TOKENS and "undecided_payment_id" in self.ids:
            order, payment = self.ids["undecided_order_id"], self.ids["undecided_payment_id"]
        known = {**self.ids, "order_id": order, "payment_id": payment}
        if operation.id in _RETURNS and "returned_order_id" in self.ids:
            known |= {"order_id": self.ids["returned_order_id"], "return_id": self.ids["open_return_id"]}
        return operation.path.format_map({**known, **ids})

    async def begin_payment(self, token: str) -> None:
        """Place another order of the owner, with a payment that is authorized or requires action."""
        order = await self._post("/v1/orders", order_body(({"id": self.ids["product_id"]}, QUANTITY)))
        body = {"amount": order["total"], "method": "sandbox", "token": token, "capture_method": "manual"}
        payment = await self._post(f"/v1/orders/{order['id']}/payments", body)
        self.ids.update(undecided_order_id=order["id"], undecided_payment_id=payment["id"])

    async def begin_return(self, operation_id: str) -> None:
        """Place and ship another order. If the operation needs an existing return, request a return of this order."""
        order = await self._post("/v1/orders", order_body(({"id": self.ids["product_id"]}, 1)))
        url = f"/v1/orders/{order['id']}"
        units = [{"line_id": order["lines"][0]["id"], "quantity": 1}]
        await self._post(
            f"{url}/payments", {"amount": order["total"], "method": "sandbox", "token": "tok_ok"}
        )
        await self._post(f"{url}/fulfillments", {"lines": units}, actor=self.operator)
        returned = {"id": self.ids["return_id"]}
        if operation_id != "request_return":
            returned = await self._post(f"{url}/returns", {"lines": units, "reason": "Too small"})
        if operation_id == "receive_return":
            await self._post(f"{url}/returns/{returned['id']}/approve", {}, actor=self.operator)
        self.ids.update(
            returned_order_id=order["id"],
            returned_line_id=order["lines"][0]["id"],
            open_return_id=returned["id"],
        )

    async def verify_address(self) -> None:
        """Verify the owner's e-mail address."""
        owner = (await self.web.anonymous.get("/v1/me", headers=self.authorization)).json()
        token = await self._mailed_token(TokenPurpose.VERIFY_EMAIL, owner["id"])
        verified = await self.web.anonymous.post("/v1/users/verify-email", json={"token": token})
        assert verified.is_success, verified.text

    async def _signature(self, sample: Sample) -> Mapping[str, str]:
        webhooks = await self.web.container.payments.sandbox_signatures().get()
        return webhooks.sign("msg_1", sample.content.decode(), at=datetime.now(UTC))

    async def _secrets(self, operation: Operation) -> dict[str, str]:
        """Create the secrets that an operation needs.

        A mailed token is valid only once, so the examples cannot contain a valid token.
        """
        match operation.id:
            case "change_password" | "request_email_change":
                return {"current_password": PASSWORD}
            case "verify_email":
                return {"token": await self._mailed_token(TokenPurpose.VERIFY_EMAIL, self.ids["user_id"])}
            case "reset_password":
                return {"token": await self._mailed_token(TokenPurpose.RESET_PASSWORD, self.ids["user_id"])}
        return {}

    async def _mailed_token(self, purpose: TokenPurpose, user_id: str) -> str:
        secret = token_bytes(SECRET_BYTES)
        now = self.web.container.clock().now()
        async with self.web.container.database.unit_of_work()() as work:
            await work.one_time_tokens.put(
                OneTimeToken.issue(UserId(UUID(user_id)), purpose, secret, now=now)
            )
            await work.commit()
        return text_of(secret)

    async def _header(self, name: str, url: str) -> str:
        match name:
            case "Idempotency-Key":
                return uuid4().hex
            case "Order-Token":
                return self.ids["order_token"]
            case "If-Match":
                reader = self.authorization if url.startswith("/v1/me") else self.operator
                shown = await self.web.anonymous.get(url, headers=reader)
                return str(shown.headers["ETag"])
        raise LookupError(f"There is no sample of the header {name}.")

    def with_ids(self, value: Any, *, form: bool = False) -> Any:
        """Replace the ids of an example with existing ids.

        In a form, names, passwords and tokens are replaced as well.
        """
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


def body_example(content: Json) -> Any:
    """Return the example of a request body. If there are several examples, return the first one."""
    if "example" in content:
        return content["example"]
    first: Json = next(iter(content["examples"].values()))
    return first["value"]


def example_of(schema: Json) -> Any:
    """Return the schema's example, or build an example from the examples of the schema's parts.

    Raises LookupError.
    """
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
    if schema.get("type") == "array":
        return [example_of(schema["items"])]
    if schema.get("type") == "string" and "enum" not in schema:
        return "text"
    raise LookupError(f"There is no example: {schema}")
