"""The orders that a principal may read, change or place."""

from uuid import UUID

from application.orders.access import OrderAccess
from application.users.principal import Principal, UserPrincipal
from domain.orders.lifecycle import Party
from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import UserId
from domain.users.permissions import Permission


def order_access(principal: Principal, permission: Permission) -> OrderAccess:
    """Return access to all orders if the principal has `permission`.

    A user without `permission` gets access only to the user's own orders.

    Raises:
        Forbidden: the principal is a service client without `permission`. Service clients own no orders.
    """
    if principal.may(permission):
        return OrderAccess.all()
    if isinstance(principal, UserPrincipal):
        return OrderAccess.own(principal.user_id)
    raise principal.refusal()


def customer_of(placer: Principal, customer_id: UUID | None, *, is_for_guest: bool) -> UserId | None:
    """Return the customer of an order that the caller places.

    By default, the customer is the caller. If the order is for a guest, the result is None.

    Raises:
        Forbidden: the order is for another customer, and the caller may not place orders for others.
        ValidationFailed: the caller is a service client, and the request contains no customer.
    """
    if is_for_guest:
        placer.ensure_any({Permission.PLACE_ORDERS_FOR_OTHERS})
        return None
    if customer_id is not None and customer_id != placer.id:
        placer.ensure_any({Permission.PLACE_ORDERS_FOR_OTHERS})
        return UserId(customer_id)
    if isinstance(placer, UserPrincipal):
        return placer.user_id
    detail = "A service client names the customer for whom it places the order."
    raise ValidationFailed(detail, violations=[Violation(("customer_id",), "missing", detail)])


def party_of(placer: Principal) -> Party:
    """Return the party of the caller. The response to a placed order lists the actions of this party."""
    return Party.STAFF if placer.may(Permission.SEE_ALL_ORDERS) else Party.OWNER
