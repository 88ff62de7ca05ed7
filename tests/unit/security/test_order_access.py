from uuid import UUID

import pytest

from application.orders.access import OrderAccess
from application.users.principal import ClientPrincipal, InsufficientScope, Principal, UserPrincipal
from domain.shared.ids import ClientId, SecretId, SessionId, UserId
from domain.users.permissions import Permission, Role, Scope
from entrypoints.http.api.orders.access import order_access

ID = UUID(int=1)


def user(role: Role) -> UserPrincipal:
    return UserPrincipal(UserId(ID), role, SessionId(ID))


def client(scope: Scope) -> ClientPrincipal:
    return ClientPrincipal(ClientId(ID), SecretId(ID), frozenset({scope}))


@pytest.mark.parametrize(
    ("principal", "access"),
    [
        (user(Role.CUSTOMER), OrderAccess.own(UserId(ID))),
        (user(Role.STAFF), OrderAccess.all()),
        (client(Scope.READ_ORDERS), OrderAccess.all()),
    ],
)
def test_only_callers_with_permission_to_see_all_orders_can_access_all_orders(
    principal: Principal, access: OrderAccess
) -> None:
    assert order_access(principal, Permission.SEE_ALL_ORDERS) == access


def test_order_access_of_a_service_client_requires_permission_to_see_all_orders() -> None:
    with pytest.raises(InsufficientScope):
        order_access(client(Scope.WRITE_STOCK), Permission.SEE_ALL_ORDERS)
