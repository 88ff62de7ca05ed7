"""Authorization of every route follows the domain's table of permissions."""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import jwt
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, Route

from domain.users.permissions import PERMISSIONS, SCOPES, Permission, Role, Scope
from tests.kit.actors import SOMEBODY
from tests.kit.logs import captured_log
from tests.kit.openapi import Operation, operations
from tests.kit.prepared_shop import prepared_shop
from tests.kit.samples import Sample, SampleShop
from tests.kit.web import WebShop


@dataclass(frozen=True, slots=True)
class Access:
    """The permission for an operation, and the additional permission for others' objects."""

    permission: Permission | None = None
    others: Permission | None = None
    public: bool = False
    private: bool = False
    trusts_token: bool = False
    """Whether the operation trusts the permissions in the token, unless the caller has the permission `others`.

    This applies to public routes, to reads of the caller's own data, and to placing orders.
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

    Other callers need the permission. If `permission` is None, only the owner has access.
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

A provider's webhook needs no token, because its signature authenticates it.
"""


def line_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def routes_of(web: WebShop) -> Iterator[str]:
    for context in iter_route_contexts(web.app.routes):
        if isinstance(context.original_route, Mount):
            yield f"MOUNT {context.path}"
            continue
        assert isinstance(context.original_route, Route), "a kind of route that this test does not know"
        for method in (context.methods or set()) - {"HEAD"}:
            yield f"{method} {context.path_format}"


def authorized_as(sample: Sample, authorization: Mapping[str, str]) -> Sample:
    """Return the same request with another Authorization header, or without one."""
    rest = {name: value for name, value in sample.headers.items() if name != "Authorization"}
    return replace(sample, headers={**rest, **authorization})


class AnonymousCaller:
    """A caller without a token."""


Asking = Role | Scope | type[AnonymousCaller] | None


async def authorization_of(asking: Asking, sample_shop: SampleShop) -> Mapping[str, str]:
    match asking:
        case None:
            return sample_shop.authorization
        case Role():
            web = sample_shop.web
            clients = {Role.CUSTOMER: web.customer, Role.STAFF: web.staff, Role.ADMIN: web.admin}
            return {"Authorization": (await clients[asking]()).headers["Authorization"]}
        case Scope():
            client = await sample_shop.web.client(asking)
            return {"Authorization": client.headers["Authorization"]}
        case _:
            return {}


async def ask_every_operation(owner: Role, asking: Asking) -> dict[str, int]:
    """Send every operation's sample for the owner's objects, and return the statuses by operation.

    Every success counts as 200. Each sample is sent to a separate shop. `asking` is the role or the scope of the
    caller. If it is None, the owner of the objects sends the samples.
    """
    prepared, statuses = prepared_shop(owner), {}
    for operation in operations():
        async with prepared.running() as sample_shop:
            sample = authorized_as(
                await sample_shop.sample(operation), await authorization_of(asking, sample_shop)
            )
            response = await sample.send(sample_shop.web)
            statuses[line_of(operation)] = 200 if response.is_success else response.status_code
    return statuses


def expected(role: Role | None, *, own: bool) -> dict[str, int]:
    statuses = {
        line_of(operation): TABLE[line_of(operation)].status(role, own=own) for operation in operations()
    }
    if role is Role.STAFF:
        # The owner of the endpoint in the samples is an admin, so staff may not roll its secret.
        statuses["POST /v1/webhook-endpoints/{endpoint_id}/roll-secret"] = 403
    return statuses


def test_authorization_table_lists_exactly_the_routes_of_the_service(web: WebShop) -> None:
    assert set(routes_of(web)) == set(TABLE)
    assert {line_of(operation) for operation in operations()} <= set(TABLE)


def test_every_permission_is_required_by_a_route() -> None:
    asked_for = {permission for access in TABLE.values() for permission in (access.permission, access.others)}
    assert set(Permission) <= asked_for


@pytest.mark.parametrize("role", Role)
async def test_each_role_can_use_only_its_permitted_routes_on_own_objects(role: Role) -> None:
    assert await ask_every_operation(role, None) == expected(role, own=True)


@pytest.mark.parametrize("role", Role)
async def test_each_role_can_use_only_its_permitted_routes_on_objects_of_other_users(role: Role) -> None:
    """For an object of another customer, the response is 404, as if the object did not exist."""
    statuses = expected(role, own=False)
    statuses["POST /v1/me/claim-orders"] = 409  # the address of this account is not verified
    assert await ask_every_operation(Role.CUSTOMER, role) == statuses


@pytest.mark.parametrize("scope", Scope)
async def test_each_scope_grants_exactly_its_permissions(scope: Scope) -> None:
    expected = {
        line_of(operation): TABLE[line_of(operation)].status_of_client(scope) for operation in operations()
    }
    if scope is Scope.PLACE_ORDERS:
        # A service client must name the customer of an order, but the samples name none.
        expected["POST /v1/orders"] = expected["POST /v1/orders/preview"] = 422
    if scope is Scope.WRITE_WEBHOOKS:
        # Without a scope to read events, a client may not subscribe to any event type.
        expected["POST /v1/webhook-endpoints"] = 403
        expected["PATCH /v1/webhook-endpoints/{endpoint_id}"] = 403
        expected["POST /v1/webhook-endpoints/{endpoint_id}/roll-secret"] = 403
    assert await ask_every_operation(Role.CUSTOMER, scope) == expected


def test_openapi_lists_the_scopes_of_each_operation() -> None:
    for operation in operations():
        described = {
            scope
            for requirement in operation.described["security"]
            for scope in requirement.get("client_credentials", ())
        }
        access = TABLE[line_of(operation)]
        opening = {scope for scope in Scope if access.status_of_client(scope) == 200} - (
            set(Scope) if access.public else set()
        )
        assert described == opening, operation.id


def test_no_scope_grants_a_permission_that_only_users_may_have() -> None:
    of_people = {Permission.PLACE_ORDERS, Permission.PAY_ANY_ORDER, Permission.MANAGE_USERS}
    permitted = frozenset().union(*SCOPES.values())
    assert SCOPES.keys() == set(Scope)
    assert not permitted & of_people


async def test_only_public_routes_accept_anonymous_requests() -> None:
    assert await ask_every_operation(Role.CUSTOMER, AnonymousCaller) == expected(None, own=False)


async def revoke(web: WebShop, authorization: Mapping[str, str]) -> None:
    """Revoke the session or client of the access token."""
    token = authorization["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    if "sid" in claims:
        assert (await web.anonymous.post("/oauth/revoke", data={"token": token})).is_success
        return
    [name] = [
        each.name for each in await web.container.clients.list_clients()() if str(each.id) == claims["sub"]
    ]
    await web.container.clients.disable_client()(name, actor=SOMEBODY)


async def operations_that_ask_the_database(web: WebShop, caller: Role | Scope) -> set[str]:
    """Send every operation's sample with a revoked access token.

    Returns the operations that reject the token.
    """
    sample_shop = await SampleShop.of(web, caller if isinstance(caller, Role) else Role.CUSTOMER)
    authorization = await authorization_of(None if isinstance(caller, Role) else caller, sample_shop)
    samples = {
        line_of(operation): authorized_as(await sample_shop.sample(operation), authorization)
        for operation in operations()
        if accepts_token(operation)
    }
    await revoke(web, authorization)
    rejected = set()
    for line, sample in samples.items():
        response = await sample.send(web)
        if response.status_code == 401:
            assert response.json()["code"] == "invalid_token", line
            rejected.add(line)
    return rejected


def accepts_token(operation: Operation) -> bool:
    return any("password" in requirement for requirement in operation.described.get("security", ()))


@pytest.mark.parametrize("caller", [*Role, *Scope])
async def test_routes_that_check_the_database_reject_a_revoked_token(
    web: WebShop, caller: Role | Scope
) -> None:
    """The only exceptions are public reads, reads of the caller's own data, and placing orders."""
    permissions = PERMISSIONS[caller] if isinstance(caller, Role) else SCOPES[caller]
    assert await operations_that_ask_the_database(web, caller) == {
        line_of(operation)
        for operation in operations()
        if accepts_token(operation) and TABLE[line_of(operation)].asks_database(permissions)
    }


async def test_forbidden_request_is_logged_with_the_id_of_the_caller(web: WebShop) -> None:
    customer = await web.customer()
    me = (await customer.get("/v1/me")).json()["id"]
    with captured_log() as log:
        await customer.get("/v1/audit", headers={"X-Request-Id": "request-8"})
    [line] = [
        json.loads(line) for line in log.getvalue().splitlines() if '"forbidden"' in line and me in line
    ]
    assert (line["event"], line["permissions"], line["request_id"]) == (
        "forbidden",
        ["read_audit_log"],
        "client:request-8",
    )


async def test_staff_can_list_all_orders_and_a_customer_only_own_orders(web: WebShop) -> None:
    """The list returns 200 for every caller, so the test checks its content."""
    owner = await SampleShop.of(web, Role.CUSTOMER)
    customer, staff = await web.customer(), await web.staff()
    assert len((await web.anonymous.get("/v1/orders", headers=owner.authorization)).json()["items"]) == 2
    assert (await customer.get("/v1/orders")).json()["items"] == []
    of_owner_and_guest = (await staff.get("/v1/orders")).json()["items"]
    assert sorted(order["customer_id"] is None for order in of_owner_and_guest) == [False, False, True]
    for path in ("/v1/me", "/v1/me/sessions"):
        assert owner.ids["username"] not in (await staff.get(path)).text
