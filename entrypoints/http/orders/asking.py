"""Who asks for something to be done with an order."""

from application.users.principal import Principal
from domain.orders.lifecycle import Asker
from domain.users.permissions import Permission


def asker(principal: Principal) -> Asker:
    """Return whether a principal, who may see the order, asks as its owner or as staff."""
    return Asker.STAFF if principal.may(Permission.SEE_ALL_ORDERS) else Asker.OWNER
