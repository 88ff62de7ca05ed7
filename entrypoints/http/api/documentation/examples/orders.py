"""Examples of responses about one order: its payment, fulfillment, refund and return."""

from collections.abc import Mapping
from typing import Any

from entrypoints.http.api.documentation.examples.shop import (
    ADDRESS,
    AUTHORIZED_UNTIL,
    CUSTOMER,
    DAMAGES,
    DETAILS,
    EMAIL,
    EXPIRES,
    FULFILLMENT,
    LINE,
    NAME,
    ORDER,
    ORDER_NUMBER,
    OTHER_REQUEST_ID,
    PAID,
    PAYMENT,
    PLACED,
    PRODUCT,
    QUANTITY,
    REFUND,
    REFUND_REQUESTED,
    REFUNDED,
    REQUEST_ID,
    RETURN,
    RETURN_DECIDED,
    RETURN_RECEIVED,
    RETURN_REFUND,
    RETURN_REQUESTED,
    SHIPPED,
    TOTAL,
    UNIT_PRICE,
    page,
    usd,
)

_LINE: dict[str, Any] = {
    "id": LINE,
    "product_id": PRODUCT,
    "sku": DETAILS["sku"],
    "name": DETAILS["name"],
    "unit_price": usd(UNIT_PRICE),
    "quantity": QUANTITY,
    "fulfilled": 0,
    "refunded": 0,
    "line_total": usd(TOTAL),
    "cancelled": 0,
    "returned": 0,
}
_PLACED: dict[str, Any] = {
    "id": ORDER,
    "number": ORDER_NUMBER,
    "status": "pending_payment",
    "payment_status": "unpaid",
    "fulfillment_status": "unfulfilled",
    "allowed_actions": ["pay", "cancel", "cancel_lines", "change"],
    "currency": "USD",
    "lines": [_LINE],
    "total": usd(TOTAL),
    "paid_total": usd(0),
    "refunded_total": usd(0),
    "customer_id": CUSTOMER,
    "shipping_address": ADDRESS,
    "note": "Ring twice",
    "metadata": {"cart": "4711"},
    "expires_at": EXPIRES,
    "placed_at": PLACED,
    "updated_at": PLACED,
    "version": 1,
    "disputed": False,
    "payable_total": usd(TOTAL),
    "guest": None,
}
_OF_GUEST: dict[str, Any] = {
    **_PLACED,
    "allowed_actions": [],
    "customer_id": None,
    "guest": {"email": EMAIL, "full_name": NAME},
}
_ORDER_TOKEN = "lE9jVQm5cA2WwU0u8Jp6QxT3bDkYhR7sNfZoCgXeIvM"  # noqa: S105 - an example, which is valid nowhere
_PAID: dict[str, Any] = {
    **_PLACED,
    "status": "confirmed",
    "payment_status": "paid",
    "allowed_actions": ["cancel", "cancel_lines", "change"],
    "paid_total": usd(TOTAL),
    "updated_at": PAID,
    "version": 2,
}
_CHANGED = {**_PAID, "note": "Ring once", "metadata": {"gift": "yes"}, "version": 3}
_CANCELLED = {
    **_PLACED,
    "status": "cancelled",
    "allowed_actions": [],
    "lines": [{**_LINE, "cancelled": QUANTITY}],
    "updated_at": PAID,
    "version": 2,
    "payable_total": usd(0),
}
_PAYMENT: dict[str, Any] = {
    "id": PAYMENT,
    "order_id": ORDER,
    "method": "sandbox",
    "status": "captured",
    "amount": usd(TOTAL),
    "captured": usd(TOTAL),
    "failure": None,
    "requested_at": PAID,
    "decided_at": PAID,
    "capture_method": "automatic",
    "authorized_until": None,
    "dispute": None,
    "origin": "shop",
    "next_action": None,
}
_WAITING = {
    **_PAYMENT,
    "status": "requires_action",
    "captured": usd(0),
    "decided_at": None,
    "next_action": {
        "type": "redirect_to_url",
        "client_secret": None,
        "redirect_url": "https://bank.example.com/3ds/4711",
    },
}
_MANUAL = {**_PAYMENT, "capture_method": "manual"}
_UNITS = {"line_id": LINE, "quantity": 1}
_FULFILLMENT: dict[str, Any] = {
    "id": FULFILLMENT,
    "order_id": ORDER,
    "lines": [_UNITS],
    "carrier": "Speedy Express",
    "tracking": "JD014600",
    "created_at": SHIPPED,
}
_REFUND: dict[str, Any] = {
    "id": REFUND,
    "order_id": ORDER,
    "payment_id": PAYMENT,
    "status": "succeeded",
    "amount": usd(DAMAGES),
    "lines": [],
    "reason": "One box is damaged",
    "failure": None,
    "channel": "original",
    "origin": "shop",
    "requested_at": REFUND_REQUESTED,
    "decided_at": REFUNDED,
}
_RETURN: dict[str, Any] = {
    "id": RETURN,
    "order_id": ORDER,
    "status": "requested",
    "allowed_actions": ["approve", "refuse"],
    "lines": [{**_UNITS, "restock": None}],
    "reason": "Not the tea that I expected",
    "decision_reason": None,
    "refund_amount": None,
    "refund_id": None,
    "requested_at": RETURN_REQUESTED,
    "decided_at": None,
    "received_at": None,
}
_APPROVED = {
    **_RETURN,
    "status": "approved",
    "allowed_actions": ["refuse", "receive"],
    "refund_amount": usd(UNIT_PRICE),
    "decided_at": RETURN_DECIDED,
}
_HISTORY: dict[str, Any] = {
    "action": "place",
    "from": None,
    "to": "pending_payment",
    "reason": None,
    "actor_id": CUSTOMER,
    "request_id": REQUEST_ID,
    "at": PLACED,
}

ORDER_RESPONSES: Mapping[str, Mapping[str, Any]] = {
    "preview_order": {
        "200": {
            "currency": "USD",
            "lines": [
                {
                    name: _LINE[name]
                    for name in ("product_id", "sku", "name", "unit_price", "quantity", "line_total")
                }
            ],
            "total": usd(TOTAL),
        }
    },
    "place_order": {"201": _PLACED, "200": _PAID},
    "get_order": {"200": _PAID},
    "list_orders": {"200": page(_PAID)},
    "change_order": {"200": _CHANGED},
    "get_guest_order": {"200": _OF_GUEST},
    "renew_order_token": {"200": {"order_token": _ORDER_TOKEN}},
    "claim_guest_orders": {"200": {"claimed": 1}},
    "cancel_order": {"200": _CANCELLED},
    "list_status_changes": {
        "200": page(
            _HISTORY,
            {
                **_HISTORY,
                "action": "confirm",
                "from": "pending_payment",
                "to": "confirmed",
                "request_id": OTHER_REQUEST_ID,
                "at": PAID,
            },
        )
    },
    "pay_order": {"201": _PAYMENT, "202": _WAITING},
    "list_payments": {"200": page(_PAYMENT)},
    "get_payment": {"200": _PAYMENT},
    "capture_payment": {"200": {**_MANUAL, "decided_at": SHIPPED, "authorized_until": AUTHORIZED_UNTIL}},
    "void_payment": {
        "200": {**_MANUAL, "status": "voided", "captured": usd(0), "decided_at": SHIPPED},
    },
    "fulfil_order": {"201": _FULFILLMENT},
    "list_fulfillments": {"200": page(_FULFILLMENT)},
    "get_fulfillment": {"200": _FULFILLMENT},
    "refund_order": {"201": {**_REFUND, "status": "pending", "decided_at": None}},
    "list_refunds": {"200": page(_REFUND)},
    "get_refund": {"200": _REFUND},
    "request_return": {"201": _RETURN},
    "list_returns": {"200": page(_RETURN)},
    "get_return": {"200": _RETURN},
    "approve_return": {"200": _APPROVED},
    "refuse_return": {
        "200": {
            **_RETURN,
            "status": "refused",
            "allowed_actions": [],
            "decision_reason": "The box was opened",
            "decided_at": RETURN_DECIDED,
        }
    },
    "receive_return": {
        "200": {
            **_APPROVED,
            "status": "received",
            "allowed_actions": [],
            "lines": [{**_UNITS, "restock": True}],
            "refund_id": RETURN_REFUND,
            "received_at": RETURN_RECEIVED,
        }
    },
}
