"""Roles and scopes, and the permissions of each role and scope."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum


class Role(StrEnum):
    """The role of a user in the shop.

    - `customer`: buys, and sees their own orders.
    - `staff`: also manages the catalog, the stock, and the orders of all customers.
    - `admin`: also manages accounts and reads the audit log.
    """

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"


class Permission(StrEnum):
    PLACE_ORDERS = "place_orders"
    PLACE_ORDERS_FOR_OTHERS = "place_orders_for_others"
    SEE_ALL_ORDERS = "see_all_orders"
    CHANGE_ANY_ORDER = "change_any_order"
    CANCEL_ANY_ORDER = "cancel_any_order"
    PAY_ANY_ORDER = "pay_any_order"
    FULFIL_ORDERS = "fulfil_orders"
    REFUND_ORDERS = "refund_orders"
    MANAGE_CATALOG = "manage_catalog"
    SEE_ARCHIVED_PRODUCTS = "see_archived_products"
    MANAGE_STOCK = "manage_stock"
    MANAGE_USERS = "manage_users"
    READ_EVENTS = "read_events"
    MANAGE_WEBHOOKS = "manage_webhooks"
    READ_AUDIT_LOG = "read_audit_log"
    TRANSFER_WEBHOOKS = "transfer_webhooks"


TRUSTED_IN_TOKEN = frozenset({Permission.PLACE_ORDERS})
"""Permissions for which the access token is trusted without a check in the database.

These permissions apply to routes that read or place only the caller's own orders.

All other permissions are checked in the database (see ConfirmPrincipal). They give access to other people's
data or permit other changes.
"""

_CUSTOMER = frozenset({Permission.PLACE_ORDERS})
_STAFF = _CUSTOMER | {
    Permission.PLACE_ORDERS_FOR_OTHERS,
    Permission.SEE_ALL_ORDERS,
    Permission.CHANGE_ANY_ORDER,
    Permission.CANCEL_ANY_ORDER,
    Permission.PAY_ANY_ORDER,
    Permission.FULFIL_ORDERS,
    Permission.REFUND_ORDERS,
    Permission.MANAGE_CATALOG,
    Permission.SEE_ARCHIVED_PRODUCTS,
    Permission.MANAGE_STOCK,
    Permission.READ_EVENTS,
    Permission.MANAGE_WEBHOOKS,
}
_ADMIN = _STAFF | {Permission.MANAGE_USERS, Permission.READ_AUDIT_LOG, Permission.TRANSFER_WEBHOOKS}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.CUSTOMER: _CUSTOMER,
    Role.STAFF: _STAFF,
    Role.ADMIN: _ADMIN,
}
"""Permissions by role. Each role includes the permissions of the role before it.

Staff have all permissions of customers, and admins all permissions of staff.
"""


class Scope(StrEnum):
    """Scopes of service clients (RFC 6749, section 3.3)."""

    READ_ORDERS = "orders:read"
    PLACE_ORDERS = "orders:place"
    FULFIL_ORDERS = "orders:fulfil"
    REFUND_ORDERS = "orders:refund"
    WRITE_CATALOG = "catalog:write"
    WRITE_STOCK = "stock:write"
    READ_EVENTS = "events:read"
    WRITE_WEBHOOKS = "webhooks:write"


SCOPES: Mapping[Scope, frozenset[Permission]] = {
    Scope.READ_ORDERS: frozenset({Permission.SEE_ALL_ORDERS}),
    Scope.PLACE_ORDERS: frozenset({Permission.PLACE_ORDERS_FOR_OTHERS}),
    Scope.FULFIL_ORDERS: frozenset({Permission.SEE_ALL_ORDERS, Permission.FULFIL_ORDERS}),
    Scope.REFUND_ORDERS: frozenset(
        {Permission.SEE_ALL_ORDERS, Permission.REFUND_ORDERS, Permission.CANCEL_ANY_ORDER}
    ),
    Scope.WRITE_CATALOG: frozenset({Permission.MANAGE_CATALOG, Permission.SEE_ARCHIVED_PRODUCTS}),
    Scope.WRITE_STOCK: frozenset({Permission.MANAGE_STOCK}),
    Scope.READ_EVENTS: frozenset({Permission.READ_EVENTS}),
    Scope.WRITE_WEBHOOKS: frozenset({Permission.MANAGE_WEBHOOKS}),
}
"""Permissions by scope. No scope permits a client to pay or to administer accounts.

A client owns no orders. It places orders for customers.
"""


def permissions_of(scopes: Iterable[Scope]) -> frozenset[Permission]:
    """Return the permissions that the scopes grant together."""
    return frozenset().union(*(SCOPES[scope] for scope in scopes))


EVENT_PERMISSIONS: Mapping[str, Permission] = {
    "order": Permission.SEE_ALL_ORDERS,
    "fulfillment": Permission.SEE_ALL_ORDERS,
    "payment": Permission.SEE_ALL_ORDERS,
    "refund": Permission.SEE_ALL_ORDERS,
    "dispute": Permission.SEE_ALL_ORDERS,
    "return": Permission.SEE_ALL_ORDERS,
    "product": Permission.SEE_ARCHIVED_PRODUCTS,
    "stock": Permission.MANAGE_STOCK,
    "user": Permission.MANAGE_USERS,
    "webhook_endpoint": Permission.READ_EVENTS,
}
"""The permission to read an event, by the first part of the event type.

READ_EVENTS permits reading events of every type. The event feed requires READ_EVENTS.
"""


def may_read_event(permissions: AbstractSet[Permission], event_type: str) -> bool:
    """Return whether the permissions include reading events of a type.

    The rule is the same for webhooks and for the feed.
    """
    if Permission.READ_EVENTS in permissions:
        return True
    return EVENT_PERMISSIONS.get(event_type.partition(".")[0]) in permissions
