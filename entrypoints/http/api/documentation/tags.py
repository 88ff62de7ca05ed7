"""Tags of the OpenAPI document, in the sequence in which a developer of a client needs them."""

from collections.abc import Sequence

TAGS: Sequence[dict[str, str]] = (
    {
        "name": "sessions",
        "description": (
            "Log in, stay logged in and log out. Users get tokens with their e-mail address and password, programs with a client id"
            " and a secret (OAuth 2.0)."
        ),
    },
    {
        "name": "users",
        "description": "Sign up, verify an e-mail address, reset a password, and manage accounts.",
    },
    {
        "name": "products",
        "description": "Search the catalog. Staff create, edit and archive products.",
    },
    {
        "name": "orders",
        "description": (
            "Preview, place, read and cancel orders. An order reserves its stock completely or not at all, and expires if it is not"
            " paid in time. Customers see their own orders, and staff see all."
        ),
    },
    {
        "name": "payments",
        "description": (
            "Pay an order. A payment can be captured at once, or authorized first and captured or voided by staff. Payment providers"
            " report results here."
        ),
    },
    {
        "name": "fulfillments",
        "description": "Ship units of paid orders, one fulfillment per parcel.",
    },
    {
        "name": "returns",
        "description": "Send shipped units back: a customer requests a return, and staff approve, refuse and receive it.",
    },
    {
        "name": "refunds",
        "description": "Return money to customers: an amount, or the price of units.",
    },
    {
        "name": "stock",
        "description": "Count and adjust the units in the warehouse, and read every movement of them. For staff.",
    },
    {
        "name": "events",
        "description": (
            "Pull all events of the shop, in a fixed order and without gaps. `/asyncapi.json` describes the same events"
            " for message brokers."
        ),
    },
    {
        "name": "webhooks",
        "description": (
            "Get events pushed to an HTTPS address, signed by the rules of Standard Webhooks. The section *Webhooks* describes each"
            " message."
        ),
    },
    {
        "name": "audit",
        "description": "Read who did what: log-ins, changes of accounts and products, and other administration. For admins.",
    },
    {
        "name": "problems",
        "description": "Look up what a problem code means and what to do about it.",
    },
    {
        "name": "operations",
        "description": "Liveness, readiness and metrics, for load balancers and monitoring.",
    },
)
