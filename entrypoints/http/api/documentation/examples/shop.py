"""Ids, people, products and amounts of the examples.

The examples are about one order of one customer of the Northwind shop.
"""

from typing import Any

ISSUER = "http://127.0.0.1:8000"


def _id(number: int) -> str:
    return f"0190f3c6-7d2a-7c31-9b0e-{number:012}"


CUSTOMER, PRODUCT, ENDPOINT, LINE = _id(1), _id(3), _id(4), _id(5)
PAYMENT, FULFILLMENT, REFUND, RETURN, EVENT = (_id(number) for number in range(6, 11))
STAFF, ADMIN, SESSION, OTHER_SESSION, DELIVERY = (_id(number) for number in range(11, 16))
ADJUSTMENT, RETURN_REFUND, OTHER_PRODUCT = (_id(number) for number in range(16, 19))
AUDIT_ENTRIES = _id(19), _id(20)
ORDER = "0190f3c6-7d2a-7c31-93cc-6f4ddb41778a"
ORDER_NUMBER = "7K3F-9QDM-2XWA"
"""The number of the order with the id ORDER."""

SIGNED_UP = "2026-01-30T09:00:00Z"
LISTED = "2026-01-05T08:00:00Z"
PLACED = "2026-01-31T12:00:00Z"
EXPIRES = "2026-01-31T12:15:00Z"
PAID = "2026-01-31T12:01:30Z"
SHIPPED = "2026-02-01T09:00:00Z"
REFUND_REQUESTED = "2026-02-02T10:00:00Z"
REFUNDED = "2026-02-02T10:00:02Z"
RETURN_REQUESTED = "2026-02-03T08:00:00Z"
RETURN_DECIDED = "2026-02-03T10:00:00Z"
RETURN_RECEIVED = "2026-02-06T10:00:00Z"
AUTHORIZED_UNTIL = "2026-02-07T12:01:30Z"

EMAIL, NAME = "maria.anders@example.com", "Maria Anders"
PASSWORD = "correct horse battery staple"  # noqa: S105 - a published example
NEW_PASSWORD = "a donkey and three paper clips"  # noqa: S105 - a published example
ONE_TIME_TOKEN = "from-the-message-kUcGLsXxAH3o5mDDxW_Q3Yb2BZQ"  # noqa: S105 - a published example
REQUEST_ID = "5f0c1b7e9a3d4c62"
OTHER_REQUEST_ID = "9f1c2f9e6b0c4a529a3e0d6a7f4c1b1d"

QUANTITY, UNIT_PRICE = 2, 1800


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


TOTAL = QUANTITY * UNIT_PRICE
DAMAGES = 500
"""The amount that is refunded for a damaged box."""

ADDRESS: dict[str, Any] = {
    "name": NAME,
    "line1": "Obere Str. 57",
    "line2": None,
    "city": "Berlin",
    "region": None,
    "postal_code": "12209",
    "country": "DE",
}
REQUESTED_ADDRESS = {name: part for name, part in ADDRESS.items() if part is not None}

DETAILS: dict[str, Any] = {
    "sku": "NW-0001",
    "name": "Chai",
    "description": "Tea with spices.",
    "price": usd(UNIT_PRICE),
    "attributes": {"category": "Beverages", "quantity_per_unit": "10 boxes x 20 bags"},
}

ENDPOINT_DETAILS: dict[str, Any] = {
    "url": "https://erp.northwind.example.com/steelyard",
    "event_types": ["order.confirmed", "order.cancelled"],
    "description": "ERP, production",
}


def page(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": None}
