"""Who asks for something to be done with an order."""

from application.users.principal import Principal
from domain.orders.lifecycle import Party
from domain.users.permissions import Permission


def party(principal: Principal) -> Party:
    """Return whether a principal, who may see the order, asks as its owner or as staff."""
    return Party.STAFF if principal.may(Permission.SEE_ALL_ORDERS) else Party.OWNER
