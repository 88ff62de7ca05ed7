"""The permission that each route requires."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from domain.users.permissions import PERMISSIONS, SCOPES, Permission, Role, Scope


@dataclass(frozen=True, slots=True)
class Access:
    """The permission for an operation, and the additional permission for objects of other users."""

    permission: Permission | None = None
    others: Permission | None = None
    public: bool = False
    private: bool = False
    trusts_token: bool = False
    """Whether the permissions in the token are trusted without a check in the database.

    The value is true for public routes, for routes that read the caller's own data, and for placing orders.

    If the caller has the permission `others`, the token is checked even if the value is true.
    """

    def asks_database(self, permissions: AbstractSet[Permission]) -> bool:
        """Return whether the operation checks this caller's token against the database."""
        return not self.trusts_token or self.others in permissions

    def status(self, role: Role | None, *, own: bool) -> int:
        """Return the status that a caller should get. If `role` is None, the caller has no token."""
        if self.public:
            return 200
        if role is None:
            return 401
        if self.permission is not None and self.permission not in PERMISSIONS[role]:
            return 403
        if own or not self.private:
            return 200
        return 200 if self.others in PERMISSIONS[role] else 404

    def status_of_client(self, scope: Scope) -> int:
        """Return the status that a service client with this scope should get.

        A client owns no objects.
        """
        asked_for = {self.permission, self.others} - {None}
        return 200 if self.public or asked_for & SCOPES[scope] else 403


def own_or(permission: Permission | None) -> Access:
    """Return the access to an object with an owner.

    The owner always has access. Other callers have access if they have the permission. If `permission` is None, only
    the owner has access.
    """
    return Access(others=permission, private=True)


def read_own_or(permission: Permission) -> Access:
    return replace(own_or(permission), trusts_token=True)


def needs(permission: Permission) -> Access:
    return Access(permission=permission)


ANYBODY = Access(public=True, trusts_token=True)
READ_CATALOG = replace(ANYBODY, others=Permission.SEE_ARCHIVED_PRODUCTS)
ONESELF = Access()
"""The access of any logged-in caller to the caller's own data."""

READ_ONESELF = replace(ONESELF, trusts_token=True)
ORDER = Access(
    permission=Permission.PLACE_ORDERS, others=Permission.PLACE_ORDERS_FOR_OTHERS, trusts_token=True
)
OWN_AND_FOR_STAFF_ALL = Access(others=Permission.SEE_ALL_ORDERS, trusts_token=True)
"""The access to a list. Every caller that can own objects may read the list."""

TABLE: Mapping[str, Access] = {
    "POST /v1/users": ANYBODY,
    "POST /v1/users/verify-email": ANYBODY,
    "POST /v1/password-resets": ANYBODY,
    "POST /v1/password-resets/confirm": ANYBODY,
    "POST /token": ANYBODY,
    "POST /oauth/revoke": ANYBODY,
    "GET /.well-known/jwks.json": ANYBODY,
    "GET /.well-known/oauth-authorization-server": ANYBODY,
    "GET /v1/me": READ_ONESELF,
    "PATCH /v1/me": ONESELF,
    "POST /v1/me/email": ONESELF,
    "POST /v1/me/password": ONESELF,
    "DELETE /v1/me": ONESELF,
    "POST /v1/me/claim-orders": ONESELF,
    "GET /v1/me/sessions": READ_ONESELF,
    "DELETE /v1/me/sessions/{session_id}": own_or(None),
    "GET /v1/audit": needs(Permission.READ_AUDIT_LOG),
    "GET /v1/users": needs(Permission.MANAGE_USERS),
    "GET /v1/users/{user_id}": needs(Permission.MANAGE_USERS),
    "PATCH /v1/users/{user_id}": needs(Permission.MANAGE_USERS),
    "GET /v1/products": READ_CATALOG,
    "GET /v1/products/{product_id}": READ_CATALOG,
    "POST /v1/products": needs(Permission.MANAGE_CATALOG),
    "PATCH /v1/products/{product_id}": needs(Permission.MANAGE_CATALOG),
    "DELETE /v1/products/{product_id}": needs(Permission.MANAGE_CATALOG),
    "GET /v1/stock/{product_id}": needs(Permission.MANAGE_STOCK),
    "PUT /v1/stock/{product_id}": needs(Permission.MANAGE_STOCK),
    "GET /v1/stock/{product_id}/ledger": needs(Permission.MANAGE_STOCK),
    "POST /v1/stock/adjustments": needs(Permission.MANAGE_STOCK),
    "POST /v1/orders": ORDER,
    "POST /v1/orders/preview": ORDER,
    "GET /v1/orders": OWN_AND_FOR_STAFF_ALL,
    "GET /v1/orders/{order_id}": read_own_or(Permission.SEE_ALL_ORDERS),
    "GET /v1/guest-orders/{order_id}": ANYBODY,
    "POST /v1/orders/{order_id}/order-token": needs(Permission.CHANGE_ANY_ORDER),
    "GET /v1/orders/{order_id}/history": read_own_or(Permission.SEE_ALL_ORDERS),
    "PATCH /v1/orders/{order_id}": own_or(Permission.CHANGE_ANY_ORDER),
    "POST /v1/orders/{order_id}/cancel": own_or(Permission.CANCEL_ANY_ORDER),
    "POST /v1/orders/{order_id}/payments": own_or(Permission.PAY_ANY_ORDER),
    "GET /v1/orders/{order_id}/payments": read_own_or(Permission.SEE_ALL_ORDERS),
    "GET /v1/orders/{order_id}/payments/{payment_id}": read_own_or(Permission.SEE_ALL_ORDERS),
    "POST /v1/orders/{order_id}/payments/{payment_id}/capture": needs(Permission.REFUND_ORDERS),
    "POST /v1/orders/{order_id}/payments/{payment_id}/void": own_or(Permission.PAY_ANY_ORDER),
    "POST /v1/orders/{order_id}/refunds": needs(Permission.REFUND_ORDERS),
    "GET /v1/orders/{order_id}/refunds": read_own_or(Permission.SEE_ALL_ORDERS),
    "GET /v1/orders/{order_id}/refunds/{refund_id}": read_own_or(Permission.SEE_ALL_ORDERS),
    "POST /v1/orders/{order_id}/returns": own_or(Permission.REFUND_ORDERS),
    "GET /v1/orders/{order_id}/returns": read_own_or(Permission.SEE_ALL_ORDERS),
    "GET /v1/orders/{order_id}/returns/{return_id}": read_own_or(Permission.SEE_ALL_ORDERS),
    "POST /v1/orders/{order_id}/returns/{return_id}/approve": needs(Permission.REFUND_ORDERS),
    "POST /v1/orders/{order_id}/returns/{return_id}/refuse": needs(Permission.REFUND_ORDERS),
    "POST /v1/orders/{order_id}/returns/{return_id}/receive": needs(Permission.REFUND_ORDERS),
    "POST /v1/orders/{order_id}/fulfillments": needs(Permission.FULFIL_ORDERS),
    "GET /v1/orders/{order_id}/fulfillments": read_own_or(Permission.SEE_ALL_ORDERS),
    "GET /v1/orders/{order_id}/fulfillments/{fulfillment_id}": read_own_or(Permission.SEE_ALL_ORDERS),
    "POST /v1/webhooks/payments/{provider}": ANYBODY,
    "GET /v1/events": needs(Permission.READ_EVENTS),
    "POST /v1/webhook-endpoints": needs(Permission.MANAGE_WEBHOOKS),
    "GET /v1/webhook-endpoints": needs(Permission.MANAGE_WEBHOOKS),
    "GET /v1/webhook-endpoints/{endpoint_id}": needs(Permission.MANAGE_WEBHOOKS),
    "PATCH /v1/webhook-endpoints/{endpoint_id}": needs(Permission.MANAGE_WEBHOOKS),
    "DELETE /v1/webhook-endpoints/{endpoint_id}": needs(Permission.MANAGE_WEBHOOKS),
    "POST /v1/webhook-endpoints/{endpoint_id}/roll-secret": needs(Permission.MANAGE_WEBHOOKS),
    "POST /v1/webhook-endpoints/{endpoint_id}/transfer": needs(Permission.TRANSFER_WEBHOOKS),
    "GET /v1/webhook-endpoints/{endpoint_id}/deliveries": needs(Permission.MANAGE_WEBHOOKS),
    "POST /v1/webhook-endpoints/{endpoint_id}/deliveries/retry": needs(Permission.MANAGE_WEBHOOKS),
    "POST /v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/retry": needs(
        Permission.MANAGE_WEBHOOKS
    ),
    "GET /livez": ANYBODY,
    "GET /metrics": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /problems": ANYBODY,
    "GET /problems/{code}": ANYBODY,
    "GET /": ANYBODY,
    "GET /docs": ANYBODY,
    "GET /docs/oauth2-redirect": ANYBODY,
    "GET /openapi.json": ANYBODY,
    "GET /asyncapi.json": ANYBODY,
    "MOUNT /docs/assets": ANYBODY,
}
"""Every route of the service.

A webhook of a payment provider needs no token, because the provider signs the webhook.
"""
