"""Authorization of every route follows the domain's table of permissions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import jwt
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, Route

from domain.users.permissions import PERMISSIONS, SCOPES, Permission, Role, Scope
from tests.http.authorization_table import TABLE
from tests.kit.actors import SOMEBODY
from tests.kit.logs import captured_log
from tests.kit.openapi import Operation, operations
from tests.kit.prepared_shop import prepared_shop
from tests.kit.samples import Sample, SampleShop
from tests.kit.web import WebShop


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
    """Return a copy of the request with another Authorization header, or without this header."""
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
    """Send the sample request of every operation, and return the statuses by operation.

    The samples refer to objects of `owner`. `asking` is the role or the scope of the caller. If `asking` is None, the
    owner of the objects sends the samples.

    Each sample is sent to a separate shop. All statuses of success, such as 201, are returned as 200.
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
        # An admin owns the webhook endpoint of the samples. Only the endpoint's owner and admins can rotate its
        # secret.
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
    statuses["POST /v1/me/claim-orders"] = 409  # the e-mail address of this account is not verified
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


def test_no_scope_contains_a_permission_that_only_users_may_have() -> None:
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
async def test_routes_that_check_the_database_reject_a_revoked_access_token(
    web: WebShop, caller: Role | Scope
) -> None:
    """A revoked token is still accepted by routes that read public data or the caller's own data, and by the route
    that places orders.
    """
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


async def test_staff_can_list_all_orders_but_customers_can_list_only_own_orders(web: WebShop) -> None:
    """The status is 200 for every caller, so the test compares the orders in the lists."""
    owner = await SampleShop.of(web, Role.CUSTOMER)
    customer, staff = await web.customer(), await web.staff()
    assert len((await web.anonymous.get("/v1/orders", headers=owner.authorization)).json()["items"]) == 2
    assert (await customer.get("/v1/orders")).json()["items"] == []
    of_owner_and_guest = (await staff.get("/v1/orders")).json()["items"]
    assert sorted(order["customer_id"] is None for order in of_owner_and_guest) == [False, False, True]
    for path in ("/v1/me", "/v1/me/sessions"):
        assert owner.ids["username"] not in (await staff.get(path)).text
