"""A shop with an object for each id in the request examples of the OpenAPI description.

Schemathesis sends these examples and variations of the examples. If the ids did not exist, almost every response
would be a 404.
"""

import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx2

from entrypoints.http.api.documentation.examples import shop
from tests.e2e.serving import Service, create_admin

ORDER_TOKEN = "lE9jVQm5cA2WwU0u8Jp6QxT3bDkYhR7sNfZoCgXeIvM"
UNCHANGED = {"v7": "v1"}
"""Replaces the ETag in the examples of If-Match by the ETag of an object that has never been changed."""
DELIVERY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PreparedShop:
    """The ids in the examples, mapped to the ids of existing objects, and the tokens of two admins.

    Some operations need an object in a special state. For these operations, `ids_of_operation` overrides `ids`.

    `ids_of_operation` also maps ETags and a guest's order token.
    """

    ids: dict[str, str]
    ids_of_operation: dict[tuple[str, str], dict[str, str]]
    token: str
    expendable_token: str

    def with_existing_ids(self, document: dict[str, Any]) -> dict[str, Any]:
        """Replace the ids in the examples of each operation with the ids of existing objects."""
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                text = json.dumps(operation)
                for example, existing in (self.ids | self.ids_of_operation.get((method, path), {})).items():
                    text = text.replace(example, existing)
                operations[method] = json.loads(text)
        return document


def prepare(service: Service) -> PreparedShop:
    """Create the objects over HTTP."""
    create_admin(service, "boss@example.com", shop.PASSWORD)
    create_admin(service, "other@example.com", shop.PASSWORD)
    token, expendable_token = _token(service, "boss@example.com"), _token(service, "other@example.com")
    _token(service, "other@example.com")  # a second session, for the operation that ends a session
    with (
        httpx2.Client(base_url=service.address.url, headers=_bearing(expendable_token)) as other,
        httpx2.Client(base_url=service.address.url, headers=_bearing(token)) as admin,
    ):
        [session] = [one["id"] for one in _get(other, "/v1/me/sessions")["items"] if not one["current"]]
        preparation = _Preparation(admin, colleague=_get(other, "/v1/me")["id"], session=session)
        return PreparedShop(*preparation.ids(), token, expendable_token)


@dataclass(frozen=True, slots=True)
class _Preparation:
    admin: httpx2.Client
    colleague: str
    session: str
    numbers: "count[int]" = field(default_factory=count)

    def ids(self) -> tuple[dict[str, str], dict[tuple[str, str], dict[str, str]]]:
        endpoint = self._endpoint()
        product = self._product()
        order = self._order(product, quantity=20)
        payment = self._pay(order)
        fulfillment = self._post(f"/v1/orders/{order['id']}/fulfillments", lines=_units(order, 10))
        refund = self._post(
            f"/v1/orders/{order['id']}/refunds", amount=shop.usd(shop.DAMAGES), reason="Damaged"
        )
        ids = {
            shop.CUSTOMER: self._customer(),
            shop.STAFF: self.colleague,
            shop.SESSION: self.session,
            shop.PRODUCT: product,
            shop.OTHER_PRODUCT: self._product(),
            shop.ENDPOINT: endpoint,
            shop.DELIVERY: self._delivery(endpoint),
            shop.ORDER: order["id"],
            shop.LINE: order["lines"][0]["id"],
            shop.PAYMENT: payment["id"],
            shop.FULFILLMENT: fulfillment["id"],
            shop.REFUND: refund["id"],
            shop.RETURN: self._return(order),
        }
        of_order = "/v1/orders/{order_id}"
        of_payment, of_return = f"{of_order}/payments/{{payment_id}}", f"{of_order}/returns/{{return_id}}"
        unpaid, cancelable, changeable, held, voidable = (self._order(product, quantity=2) for _ in range(5))
        guest = {"email": shop.EMAIL, "full_name": shop.NAME}
        read_by_guest, renewed = (self._order(product, quantity=1, guest=guest) for _ in range(2))
        return ids, {
            ("patch", "/v1/products/{product_id}"): {shop.PRODUCT: self._product(), **UNCHANGED},
            ("put", "/v1/stock/{product_id}"): {shop.PRODUCT: self._product(), **UNCHANGED},
            ("patch", "/v1/webhook-endpoints/{endpoint_id}"): {shop.ENDPOINT: self._endpoint(), **UNCHANGED},
            ("patch", "/v1/users/{user_id}"): UNCHANGED,
            ("patch", "/v1/me"): UNCHANGED,
            ("patch", of_order): {shop.ORDER: changeable["id"], **UNCHANGED},
            ("post", f"{of_order}/order-token"): {shop.ORDER: renewed["id"]},
            ("get", "/v1/guest-orders/{order_id}"): {
                shop.ORDER: read_by_guest["id"],
                ORDER_TOKEN: read_by_guest["order_token"],
            },
            ("delete", "/v1/webhook-endpoints/{endpoint_id}"): {shop.ENDPOINT: self._endpoint()},
            ("post", "/v1/webhook-endpoints/{endpoint_id}/transfer"): {shop.ENDPOINT: self._endpoint()},
            ("post", f"{of_order}/cancel"): {shop.ORDER: cancelable["id"]},
            ("post", f"{of_order}/payments"): {shop.ORDER: unpaid["id"]},
            ("post", f"{of_payment}/capture"): self._authorized(held),
            ("post", f"{of_payment}/void"): self._authorized(voidable),
            ("post", f"{of_return}/refuse"): {shop.RETURN: self._return(order)},
        }

    def _customer(self) -> str:
        body = {"email": "customer@example.com", "password": shop.PASSWORD, "password_confirm": shop.PASSWORD}
        return str(self._post("/v1/users", **body)["id"])

    def _product(self) -> str:
        sku = f"PREPARED-{next(self.numbers)}"
        body = {"sku": sku, "name": "Chai", "price": shop.usd(shop.UNIT_PRICE), "initial_stock": 1000}
        return str(self._post("/v1/products", **body)["id"])

    def _endpoint(self) -> str:
        return str(self._post("/v1/webhook-endpoints", url=shop.ENDPOINT_DETAILS["url"])["id"])

    def _order(self, product: str, *, quantity: int, **fields: Any) -> dict[str, Any]:
        return self._post("/v1/orders", lines=[{"product_id": product, "quantity": quantity}], **fields)

    def _pay(self, order: dict[str, Any], **fields: Any) -> dict[str, Any]:
        body = {"amount": order["total"], "method": "sandbox", "token": "tok_ok", **fields}
        return self._post(f"/v1/orders/{order['id']}/payments", **body)

    def _authorized(self, order: dict[str, Any]) -> dict[str, str]:
        return {shop.ORDER: order["id"], shop.PAYMENT: self._pay(order, capture_method="manual")["id"]}

    def _return(self, order: dict[str, Any]) -> str:
        path = f"/v1/orders/{order['id']}/returns"
        return str(self._post(path, lines=_units(order, 1), reason="Not needed")["id"])

    def _delivery(self, endpoint: str) -> str:
        """Wait until the worker has created a delivery of an event to the endpoint."""
        deadline = time.monotonic() + DELIVERY_SECONDS
        while not (page := _get(self.admin, f"/v1/webhook-endpoints/{endpoint}/deliveries")["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return str(page[0]["id"])

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        response = self.admin.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
        assert response.is_success, response.text
        created: dict[str, Any] = response.json()
        return created


def _get(client: httpx2.Client, path: str) -> Any:
    response = client.get(path)
    assert response.is_success, response.text
    return response.json()


def _units(order: dict[str, Any], quantity: int) -> list[dict[str, Any]]:
    return [{"line_id": order["lines"][0]["id"], "quantity": quantity}]


def _token(service: Service, email: str) -> str:
    form = {"username": email, "password": shop.PASSWORD}
    token: str = httpx2.post(f"{service.address.url}/token", data=form).json()["access_token"]
    return token


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
