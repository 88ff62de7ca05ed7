"""Examples of request bodies by operation."""

from collections.abc import Mapping
from typing import Any

from entrypoints.http.api.documentation.examples.shop import (
    DAMAGES,
    DETAILS,
    EMAIL,
    ENDPOINT_DETAILS,
    LINE,
    NAME,
    NEW_PASSWORD,
    ONE_TIME_TOKEN,
    PAID,
    PASSWORD,
    PAYMENT,
    PRODUCT,
    QUANTITY,
    REQUESTED_ADDRESS,
    STAFF,
    TOTAL,
    UNIT_PRICE,
    usd,
)

_REFRESH_TOKEN = "w9EPwu3DZDR4oWYeQAB4Hef7SazdwAy6y2UoEgPRmwcsklipX7SfWJaP24f2k67q"  # noqa: S105 - an example
_UNITS = [{"line_id": LINE, "quantity": 1}]
_ORDER = {
    "lines": [{"product_id": PRODUCT, "quantity": QUANTITY}],
    "shipping_address": REQUESTED_ADDRESS,
    "note": "Ring twice",
    "expected_total": usd(TOTAL),
    "metadata": {"cart": "4711"},
}

LOG_INS: Mapping[str, Any] = {
    "password": {
        "summary": "Log in as a user",
        "value": {"grant_type": "password", "username": EMAIL, "password": PASSWORD},
    },
    "refresh_token": {
        "summary": "Stay logged in",
        "value": {"grant_type": "refresh_token", "refresh_token": _REFRESH_TOKEN},
    },
    "client_credentials": {
        "summary": "Log in as a service client, with HTTP Basic",
        "value": {"grant_type": "client_credentials", "scope": "orders:read"},
    },
}
"""Example forms of POST /token for each grant."""

REQUESTS: Mapping[str, Any] = {
    "create_user": {"email": EMAIL, "password": PASSWORD, "password_confirm": PASSWORD, "full_name": NAME},
    "verify_email": {"token": ONE_TIME_TOKEN},
    "request_password_reset": {"email": EMAIL},
    "reset_password": {
        "token": ONE_TIME_TOKEN,
        "password": NEW_PASSWORD,
        "password_confirm": NEW_PASSWORD,
    },
    "change_me": {"full_name": NAME},
    "request_email_change": {"email": "maria@alfreds.example.com", "current_password": PASSWORD},
    "change_password": {
        "current_password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "new_password_confirm": NEW_PASSWORD,
    },
    "change_user": {"role": "staff"},
    "revoke_token": {"token": _REFRESH_TOKEN},
    "create_product": {**DETAILS, "max_per_order": 10, "initial_stock": 40},
    "change_product": {"name": "Masala chai", "attributes": {"category": "Tea", "quantity_per_unit": None}},
    "count_stock": {"on_hand": 39, "reason": "Yearly stocktaking"},
    "adjust_stock": {
        "lines": [{"product_id": PRODUCT, "delta": 12}],
        "reason": "receipt",
        "note": "Delivery note 4711",
    },
    "place_order": _ORDER,
    "preview_order": _ORDER,
    "change_order": {"note": "Ring once", "metadata": {"cart": None, "gift": "yes"}},
    "cancel_order": {"reason": "Ordered by mistake"},
    "pay_order": {"amount": usd(TOTAL), "method": "sandbox", "token": "tok_ok"},
    "capture_payment": {"amount": usd(TOTAL)},
    "void_payment": {},
    "refund_order": {"amount": usd(DAMAGES), "reason": "One box is damaged"},
    "fulfil_order": {"lines": _UNITS, "carrier": "Speedy Express", "tracking": "JD014600"},
    "request_return": {"lines": _UNITS, "reason": "Not the tea that I expected"},
    "approve_return": {"refund": usd(UNIT_PRICE)},
    "refuse_return": {"reason": "The box was opened"},
    "receive_return": {"lines": [{"line_id": LINE, "restock": True}]},
    "receive_provider_message": {
        "type": "captured",
        "timestamp": PAID,
        "data": {
            "payment_id": PAYMENT,
            "reference": "ch_019b8d2c8e0070008000000000000002",
            "amount": usd(TOTAL),
        },
    },
    "create_webhook_endpoint": ENDPOINT_DETAILS,
    "change_webhook_endpoint": {"paused": False},
    "roll_webhook_secret": {"overlap_hours": 24},
    "transfer_webhook_endpoint": {"owner_id": STAFF},
    "retry_webhook_deliveries": {
        "since": "2026-01-31T00:00:00Z",
        "until": "2026-02-01T00:00:00Z",
        "event_types": ["order.confirmed"],
    },
}
