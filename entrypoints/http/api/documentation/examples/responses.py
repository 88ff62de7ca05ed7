"""Examples of successful responses, by operation and status.

`orders.py` contains the examples of responses about orders.
"""

from collections.abc import Mapping
from typing import Any

from domain.users.permissions import Scope
from entrypoints.http.api.documentation.examples.orders import ORDER_RESPONSES
from entrypoints.http.api.documentation.examples.shop import (
    ADJUSTMENT,
    ADMIN,
    AUDIT_ENTRIES,
    CUSTOMER,
    DELIVERY,
    DETAILS,
    EMAIL,
    ENDPOINT,
    ENDPOINT_DETAILS,
    EVENT,
    ISSUER,
    LISTED,
    NAME,
    ORDER,
    ORDER_NUMBER,
    OTHER_PRODUCT,
    OTHER_REQUEST_ID,
    OTHER_SESSION,
    PAID,
    PLACED,
    PRODUCT,
    QUANTITY,
    REQUEST_ID,
    SESSION,
    SHIPPED,
    SIGNED_UP,
    STAFF,
    page,
    usd,
)

_STOCK, _SOLD_STOCK = 40, 40 - QUANTITY

_USER: dict[str, Any] = {
    "id": CUSTOMER,
    "email": EMAIL,
    "full_name": NAME,
    "role": "customer",
    "status": "active",
    "email_verified": True,
    "created_at": SIGNED_UP,
    "updated_at": SIGNED_UP,
}
_EMPLOYEE = {**_USER, "id": STAFF, "email": "nancy.davolio@example.com", "full_name": "Nancy Davolio"}
_PRODUCT: dict[str, Any] = {
    "id": PRODUCT,
    **DETAILS,
    "status": "active",
    "available": _STOCK,
    "max_per_order": 10,
    "version": 1,
    "created_at": LISTED,
    "updated_at": LISTED,
}
_SOLD_PRODUCT = {**_PRODUCT, "available": _SOLD_STOCK, "version": 2}
_OTHER_PRODUCT: dict[str, Any] = {
    **_PRODUCT,
    "id": OTHER_PRODUCT,
    "sku": "NW-0002",
    "name": "Chang",
    "description": "Beer.",
    "price": usd(1900),
    "attributes": {"category": "Beverages", "quantity_per_unit": "24 - 12 oz bottles"},
    "available": 17,
    "max_per_order": None,
}
_UNITS: dict[str, Any] = {
    "product_id": PRODUCT,
    "sku": DETAILS["sku"],
    "on_hand": _STOCK,
    "reserved": QUANTITY,
    "available": _SOLD_STOCK,
    "version": 2,
}
_SESSION: dict[str, Any] = {
    "id": SESSION,
    "user_agent": "Mozilla/5.0",
    "current": True,
    "created_at": PLACED,
    "last_used_at": PLACED,
    "expires_at": "2026-02-14T12:00:00Z",
}
_ENDPOINT: dict[str, Any] = {
    "id": ENDPOINT,
    **ENDPOINT_DETAILS,
    "owner_id": STAFF,
    "blocked_at": None,
    "paused": False,
    "paused_at": None,
    "former_secret_expires_at": None,
    "version": 1,
    "created_at": SIGNED_UP,
}
_DELIVERY: dict[str, Any] = {
    "id": DELIVERY,
    "event_id": EVENT,
    "event_type": "order.confirmed",
    "status": "delivered",
    "attempts": 1,
    "next_attempt_at": None,
    "last_attempt_at": PAID,
    "last_status": 204,
    "last_error": None,
    "created_at": PAID,
}
_MOVEMENT: dict[str, Any] = {
    "on_hand_delta": 0,
    "reserved_delta": QUANTITY,
    "on_hand": _STOCK,
    "reserved": QUANTITY,
    "reason": "reserved",
    "note": None,
    "order_id": ORDER,
    "actor_id": CUSTOMER,
    "request_id": REQUEST_ID,
    "at": PLACED,
}
_OPENING = {
    **_MOVEMENT,
    "on_hand_delta": _STOCK,
    "reserved_delta": 0,
    "reserved": 0,
    "reason": "initial",
    "order_id": None,
    "actor_id": STAFF,
    "request_id": OTHER_REQUEST_ID,
    "at": LISTED,
}
_REFRESH_TOKEN = "Jt0c5n2yVb1kXo8QhZ7rPw3mLd6sUe9aGf4iKx0yTz1qCv5bNn8jRh2gWp7uSm3l"  # noqa: S105 - an example, which is valid nowhere
_ACCESS_TOKEN = (  # a header and claims without a valid signature
    "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9"  # noqa: S105 - an example, which is valid nowhere
    ".eyJzdWIiOiIwMTkwZjNjNi03ZDJhLTdjMzEtOWIwZS0wMDAwMDAwMDAwMDEifQ.c2lnbmF0dXJl"
)

RESPONSES: Mapping[str, Mapping[str, Any]] = {
    **ORDER_RESPONSES,
    "create_token": {
        "200": {
            "access_token": _ACCESS_TOKEN,
            "token_type": "bearer",
            "expires_in": 600,
            "refresh_token": _REFRESH_TOKEN,
            "scope": "",
        },
        "400": {
            "error": "invalid_grant",
            "error_description": "The e-mail address or the password is wrong.",
        },
        "401": {"error": "invalid_client", "error_description": "The client's id or its secret is wrong."},
    },
    "revoke_token": {
        "200": None,
        "400": {"error": "invalid_request", "error_description": "Missing: token."},
    },
    "list_sessions": {
        "200": page(_SESSION, {**_SESSION, "id": OTHER_SESSION, "user_agent": "curl/8.14", "current": False})
    },
    "get_jwks": {
        "200": {
            "keys": [
                {
                    "kid": "IM9aSOtC2oXztstjETHAI2kQjNJCX_almsOmmV_OdtI",
                    "use": "sig",
                    "alg": "EdDSA",
                    "x": "J_dIdvQjjCC88rPIUnq-iDWioCTaTCKcIO3Ek9RswtI",
                    "kty": "OKP",
                    "crv": "Ed25519",
                }
            ]
        }
    },
    "get_authorization_server": {
        "200": {
            "issuer": ISSUER,
            "token_endpoint": f"{ISSUER}/token",
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "revocation_endpoint": f"{ISSUER}/oauth/revoke",
            "revocation_endpoint_auth_methods_supported": ["none"],
            "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
            "grant_types_supported": ["password", "refresh_token", "client_credentials"],
            "scopes_supported": [scope.value for scope in Scope],
            "response_types_supported": [],
            "service_documentation": f"{ISSUER}/docs",
        }
    },
    "create_user": {
        "201": {**_USER, "email_verified": False},
        "202": {
            "detail": "A message is on its way to the address. The account opens when its token is confirmed."
        },
    },
    "get_me": {"200": _USER},
    "change_me": {"200": _USER},
    "request_email_change": {
        "202": {
            "detail": "A message is on its way to the new address. The address changes when its token is confirmed."
        }
    },
    "request_password_reset": {
        "202": {"detail": "If there is an account with this address, a message is on its way to it."}
    },
    "list_users": {"200": page({**_EMPLOYEE, "role": "staff"}, _USER)},
    "get_user": {"200": _USER},
    "change_user": {"200": {**_USER, "role": "staff", "updated_at": SHIPPED}},
    "create_product": {"201": _PRODUCT},
    "get_product": {"200": _SOLD_PRODUCT},
    "list_products": {"200": page(_SOLD_PRODUCT, _OTHER_PRODUCT)},
    "change_product": {
        "200": {
            **_SOLD_PRODUCT,
            "name": "Masala chai",
            "attributes": {"category": "Tea"},
            "version": 3,
            "updated_at": SHIPPED,
        }
    },
    "get_stock": {"200": _UNITS},
    "count_stock": {"200": {**_UNITS, "on_hand": 39, "available": 39 - QUANTITY, "version": 3}},
    "adjust_stock": {
        "201": {
            "id": ADJUSTMENT,
            "reason": "receipt",
            "note": "Delivery note 4711",
            "stocks": [{**_UNITS, "on_hand": _STOCK + 12, "available": _SOLD_STOCK + 12, "version": 3}],
        }
    },
    "list_movements": {"200": page(_MOVEMENT, _OPENING)},
    "create_webhook_endpoint": {
        "201": {**_ENDPOINT, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw8J8dmlp2kfU="}
    },
    "list_webhook_endpoints": {"200": page(_ENDPOINT)},
    "get_webhook_endpoint": {"200": _ENDPOINT},
    "change_webhook_endpoint": {"200": {**_ENDPOINT, "version": 2}},
    "roll_webhook_secret": {
        "200": {
            **_ENDPOINT,
            "former_secret_expires_at": "2026-02-02T09:00:00Z",
            "version": 2,
            "secret": "whsec_8PZyKQxEDDFqkseMbs3O7p92TxboP6k0KJit2LxyxNI=",
        }
    },
    "transfer_webhook_endpoint": {"200": {**_ENDPOINT, "version": 2}},
    "list_webhook_deliveries": {"200": page(_DELIVERY)},
    "retry_webhook_delivery": {
        "200": {**_DELIVERY, "status": "pending", "attempts": 0, "next_attempt_at": SHIPPED}
    },
    "retry_webhook_deliveries": {"200": {"retried": 1, "has_more": False}},
    "list_audit_entries": {
        "200": page(
            {
                "id": AUDIT_ENTRIES[1],
                "at": SHIPPED,
                "actor_id": STAFF,
                "request_id": REQUEST_ID,
                "action": "order.fulfilled",
                "object_type": "order",
                "object_id": ORDER,
                "details": {"number": ORDER_NUMBER},
            },
            {
                "id": AUDIT_ENTRIES[0],
                "at": SIGNED_UP,
                "actor_id": ADMIN,
                "request_id": OTHER_REQUEST_ID,
                "action": "user.role_changed",
                "object_type": "user",
                "object_id": STAFF,
                "details": {"former_role": "customer", "role": "staff"},
            },
        )
    },
    "get_liveness": {"200": {"status": "ok"}},
    "get_readiness": {"200": {"status": "ok"}},
}
