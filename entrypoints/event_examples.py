"""An example of each event type for the documents. All examples are about one order of the Northwind shop."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from application.events.cloud_event import cloud_event
from application.events.event_types import EVENT_TYPES
from application.events.views import PublishedEvent
from domain.shared.ids import EventId

SOURCE = "http://127.0.0.1:8000"
_ID = "0190f3c6-7d2a-7c31-9b0e-{:012}".format
_CUSTOMER, _ORDER, _PRODUCT, _ENDPOINT, _LINE = map(_ID, range(1, 6))
_PAYMENT, _FULFILLMENT, _REFUND, _RETURN, _EVENT = map(_ID, range(6, 11))
_AGGREGATES = {
    "order": _ORDER,
    "product": _PRODUCT,
    "stock": _PRODUCT,
    "user": _CUSTOMER,
    "webhook_endpoint": _ENDPOINT,
}
_TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)
_PRICE, _TOTAL = {"amount": 1800, "currency": "USD"}, {"amount": 3600, "currency": "USD"}
_DEADLINE = "2026-02-07T12:00:00Z"

_OF_ORDER = {"number": "7K3F-9QDM-2XWA", "customer_id": _CUSTOMER, "total": _TOTAL}
_OF_PAYMENT = {**_OF_ORDER, "payment_id": _PAYMENT, "method": "sandbox", "amount": _TOTAL}
_OF_DECIDED_PAYMENT = {**_OF_PAYMENT, "origin": "shop"}
_OF_REFUND = {**_OF_ORDER, "refund_id": _REFUND, "payment_id": _PAYMENT, "amount": _PRICE}
_ONE_UNIT = {"line_id": _LINE, "quantity": 1}
_OF_RETURN = {**_OF_ORDER, "return_id": _RETURN, "lines": [{**_ONE_UNIT, "restock": None}]}
_OF_PRODUCT = {
    "sku": "NW-0001",
    "name": "Chai",
    "price": _PRICE,
    "status": "active",
    "description": "Tea with spices.",
    "attributes": {"category": "Beverages", "quantity_per_unit": "10 boxes x 20 bags"},
}

_DATA: Mapping[str, Mapping[str, object]] = {
    "dispute.lost": _OF_PAYMENT,
    "dispute.opened": _OF_PAYMENT,
    "dispute.won": _OF_PAYMENT,
    "fulfillment.created": {
        **_OF_ORDER,
        "fulfillment_id": _FULFILLMENT,
        "lines": [{"line_id": _LINE, "quantity": 2}],
        "carrier": "Speedy Express",
        "tracking": "JD014600",
    },
    "order.cancelled": {**_OF_ORDER, "reason": "Ordered by mistake"},
    "order.changed": {**_OF_ORDER, "fields": ["note"]},
    "order.confirmed": _OF_ORDER,
    "order.expired": _OF_ORDER,
    "order.fulfilled": _OF_ORDER,
    "order.lines_cancelled": {**_OF_ORDER, "lines": [_ONE_UNIT], "reason": "One box is damaged"},
    "order.placed": {
        **_OF_ORDER,
        "lines": [{"product_id": _PRODUCT, "sku": "NW-0001", "quantity": 2, "unit_price": _PRICE}],
    },
    "order.revived": _OF_DECIDED_PAYMENT,
    "payment.authorization_ending": {**_OF_PAYMENT, "authorized_until": _DEADLINE},
    "payment.authorization_renewed": {**_OF_PAYMENT, "authorized_until": _DEADLINE},
    "payment.authorized": {**_OF_PAYMENT, "authorized_until": _DEADLINE},
    "payment.captured": _OF_DECIDED_PAYMENT,
    "payment.failed": {**_OF_PAYMENT, "failure": "card_declined"},
    "payment.orphaned": _OF_DECIDED_PAYMENT,
    "payment.requires_action": {**_OF_PAYMENT, "action_until": "2026-01-31T12:15:00Z"},
    "payment.voided": {**_OF_DECIDED_PAYMENT, "failure": None},
    "product.changed": _OF_PRODUCT,
    "product.created": _OF_PRODUCT,
    "refund.failed": {**_OF_REFUND, "failure": "declined"},
    "refund.requested": {
        **_OF_REFUND,
        "reason": "One box is damaged",
        "lines": [_ONE_UNIT],
        "channel": "original",
        "origin": "shop",
    },
    "refund.succeeded": _OF_REFUND,
    "return.approved": {**_OF_RETURN, "refund_amount": _PRICE},
    "return.received": {**_OF_RETURN, "lines": [{**_ONE_UNIT, "restock": True}], "refund_id": _REFUND},
    "return.refused": {**_OF_RETURN, "reason": "The box was opened"},
    "return.requested": {**_OF_RETURN, "reason": "Not the tea that I expected"},
    "stock.depleted": {"on_hand": 2, "reserved": 2},
    "stock.replenished": {"on_hand": 40, "reserved": 2},
    "user.changed": {},
    "user.closed": {},
    "user.disabled": {},
    "user.email_changed": {},
    "user.email_verified": {},
    "user.enabled": {},
    "user.password_changed": {},
    "user.role_changed": {"former_role": "customer", "role": "staff"},
    "user.signed_up": {"role": "customer"},
    "webhook_endpoint.paused": {
        "owner_id": _CUSTOMER,
        "reason": "failing",
        "failing_since": "2026-01-26T12:00:00Z",
    },
    "webhook_endpoint.resumed": {"owner_id": _CUSTOMER},
}


def example_of(type_: str) -> dict[str, Any]:
    """Return an event of this type as a CloudEvent."""
    kind = EVENT_TYPES[type_].aggregate_type
    event = PublishedEvent(
        id=EventId(UUID(_EVENT)),
        position=42,
        type=type_,
        aggregate_type=kind,
        aggregate_id=UUID(_AGGREGATES[kind]),
        aggregate_version=1 if type_ in {"order.placed", "product.created", "user.signed_up"} else 2,
        occurred_at=_TIME,
        data=json.dumps(_DATA[type_]),
    )
    return cloud_event(event, source=SOURCE)
