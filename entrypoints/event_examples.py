"""An example of each event type for the documents.

All examples are about one order of the Northwind shop.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from application.events.cloud_event import cloud_event
from application.events.event_types import EVENT_TYPES
from application.events.views import PublishedEvent
from domain.shared.ids import EventId
from entrypoints.http.api.documentation.examples.shop import (
    AUTHORIZED_UNTIL,
    CUSTOMER,
    DAMAGES,
    DETAILS,
    ENDPOINT,
    EVENT,
    FULFILLMENT,
    ISSUER,
    LINE,
    ORDER,
    ORDER_NUMBER,
    PAYMENT,
    PRODUCT,
    QUANTITY,
    REFUND,
    RETURN,
    RETURN_REFUND,
    STAFF,
    TOTAL,
    UNIT_PRICE,
    usd,
)

_AGGREGATES = {
    "order": ORDER,
    "product": PRODUCT,
    "stock": PRODUCT,
    "user": CUSTOMER,
    "webhook_endpoint": ENDPOINT,
}
_TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)
_PRICE, _TOTAL = usd(UNIT_PRICE), usd(TOTAL)

_OF_ORDER = {"number": ORDER_NUMBER, "customer_id": CUSTOMER, "total": _TOTAL}
_OF_PAYMENT = {**_OF_ORDER, "payment_id": PAYMENT, "method": "sandbox", "amount": _TOTAL}
_OF_DECIDED_PAYMENT = {**_OF_PAYMENT, "origin": "shop"}
_OF_REFUND = {**_OF_ORDER, "refund_id": REFUND, "payment_id": PAYMENT, "amount": usd(DAMAGES)}
_ONE_UNIT = {"line_id": LINE, "quantity": 1}
_OF_RETURN = {**_OF_ORDER, "return_id": RETURN, "lines": [{**_ONE_UNIT, "restock": None}]}
_OF_PRODUCT = {**DETAILS, "status": "active"}

_DATA: Mapping[str, Mapping[str, object]] = {
    "dispute.lost": _OF_PAYMENT,
    "dispute.opened": _OF_PAYMENT,
    "dispute.won": _OF_PAYMENT,
    "fulfillment.created": {
        **_OF_ORDER,
        "fulfillment_id": FULFILLMENT,
        "lines": [_ONE_UNIT],
        "carrier": "Speedy Express",
        "tracking": "JD014600",
    },
    "order.cancelled": {**_OF_ORDER, "reason": "Ordered by mistake"},
    "order.changed": {**_OF_ORDER, "fields": ["note"]},
    "order.claimed": _OF_ORDER,
    "order.confirmed": _OF_ORDER,
    "order.expired": _OF_ORDER,
    "order.fulfilled": _OF_ORDER,
    "order.lines_cancelled": {**_OF_ORDER, "lines": [_ONE_UNIT], "reason": "One box is damaged"},
    "order.placed": {
        **_OF_ORDER,
        "lines": [{"product_id": PRODUCT, "sku": DETAILS["sku"], "quantity": QUANTITY, "unit_price": _PRICE}],
    },
    "order.revived": _OF_DECIDED_PAYMENT,
    "payment.authorization_ending": {**_OF_PAYMENT, "authorized_until": AUTHORIZED_UNTIL},
    "payment.authorization_renewed": {**_OF_PAYMENT, "authorized_until": AUTHORIZED_UNTIL},
    "payment.authorized": {**_OF_PAYMENT, "authorized_until": AUTHORIZED_UNTIL},
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
        "lines": [],
        "channel": "original",
        "origin": "shop",
    },
    "refund.succeeded": _OF_REFUND,
    "return.approved": {**_OF_RETURN, "refund_amount": _PRICE},
    "return.received": {**_OF_RETURN, "lines": [{**_ONE_UNIT, "restock": True}], "refund_id": RETURN_REFUND},
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
        "owner_id": STAFF,
        "reason": "failing",
        "failing_since": "2026-01-26T12:00:00Z",
    },
    "webhook_endpoint.resumed": {"owner_id": STAFF},
}


def example_of(type_: str) -> dict[str, Any]:
    """Return an event of this type as a CloudEvent."""
    kind = EVENT_TYPES[type_].aggregate_type
    event = PublishedEvent(
        id=EventId(UUID(EVENT)),
        position=42,
        type=type_,
        aggregate_type=kind,
        aggregate_id=UUID(_AGGREGATES[kind]),
        aggregate_version=1 if type_ in {"order.placed", "product.created", "user.signed_up"} else 2,
        occurred_at=_TIME,
        data=json.dumps(_DATA[type_]),
    )
    return cloud_event(event, source=ISSUER)
