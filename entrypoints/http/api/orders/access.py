"""Which orders a principal may read or change."""

from application.orders.access import OrderAccess
from application.users.principal import Principal, UserPrincipal
from domain.users.permissions import Permission


def order_access(principal: Principal, permission: Permission) -> OrderAccess:
    """Return access to all orders with the permission, and to the user's own orders without it.

    Raises:
        Forbidden: a service client without the permission; clients own no orders.
    """
    if principal.may(permission):
        return OrderAccess.all()
    if isinstance(principal, UserPrincipal):
        return OrderAccess.own(principal.user_id)
    raise principal.refusal()
