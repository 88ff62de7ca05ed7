"""Authentication and authorization of requests, as dependencies.

Dependencies check the access token's claims against the database. With `trust_token`, a dependency omits this check
for callers that can reach only their own data.
"""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from fastapi.security.utils import get_authorization_scheme_param

from application.signing.ports import InvalidToken, TokenExpired
from application.users.authenticate import Authenticate
from application.users.confirm_principal import ConfirmPrincipal
from application.users.principal import Principal, UserPrincipal
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, Forbidden
from domain.users.permissions import TRUSTED_IN_TOKEN, Permission
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.problems.openapi import raises_problems
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing.dependency_options import ImmediateDependency, immediate
from entrypoints.http.security.scopes import open_to_clients

_log = structlog.get_logger(__name__)


class BearerToken(OAuth2PasswordBearer, ImmediateDependency):
    """The token of the Authorization header, or None without a bearer token."""

    def resolve(self, request: Request) -> str | None:
        """Return the token.

        The header is read from the scope, because Starlette's `Headers` decode all headers.
        """
        for name, value in request.scope["headers"]:
            if name == b"authorization":
                scheme, token = get_authorization_scheme_param(value.decode("latin-1"))
                return token if scheme.lower() == "bearer" else None
        return None


bearer_token = BearerToken(
    tokenUrl="/token",
    refreshUrl="/token",
    scheme_name="password",
    description="Log in with your e-mail address as the username.",
    auto_error=False,
)


async def verify_token(
    token: Annotated[str | None, Depends(bearer_token)],
    authenticate: Annotated[Authenticate, from_container(GRAPH.users.authenticate)],
) -> Principal | InvalidToken | TokenExpired | None:
    """Return the caller that the token describes, or None if there is no token.

    If the token is rejected, return the error instead of raising it, so that rate limits can count the request first.
    """
    if token is None:
        return None
    try:
        return await authenticate(token)
    except (InvalidToken, TokenExpired) as error:
        return error


TokenResult = Annotated[Principal | InvalidToken | TokenExpired | None, Depends(verify_token)]


@raises_problems("invalid_token", "token_expired")
@immediate
def find_principal(result: TokenResult) -> Principal | None:
    """Return the caller that the token describes, or None if there is no token.

    Raises InvalidToken, TokenExpired.
    """
    if isinstance(result, DomainError):
        raise result
    return result


@raises_problems("account_disabled", "database_unavailable", "overloaded")
async def find_catalog_reader(
    principal: Annotated[Principal | None, Depends(find_principal)],
    confirm: Annotated[ConfirmPrincipal, from_container(GRAPH.users.confirm_principal)],
) -> Principal | None:
    """Return the caller, or None if there is no token.

    If the token grants the permission to see archived products, the caller is checked against the database.
    """
    if principal is not None and principal.may(Permission.SEE_ARCHIVED_PRODUCTS):
        return await confirm(principal)
    return principal


@raises_problems("authentication_required")
@immediate
def get_principal(
    principal: Annotated[Principal | None, Depends(find_principal)],
) -> Principal:
    """Return the caller that the token describes.

    Raises HTTPProblem, InvalidToken, TokenExpired.
    """
    if principal is None:
        raise HTTPProblem("authentication_required")
    return principal


@raises_problems("account_disabled", "database_unavailable", "overloaded")
async def get_confirmed_principal(
    principal: Annotated[Principal, Depends(get_principal)],
    confirm: Annotated[ConfirmPrincipal, from_container(GRAPH.users.confirm_principal)],
) -> Principal:
    """Return the caller with the current role or scopes.

    Raises InvalidToken, AccountDisabled.
    """
    return await confirm(principal)


@raises_problems("forbidden")
@immediate
def get_token_user(principal: Annotated[Principal, Depends(get_principal)]) -> UserPrincipal:
    """Return the user that the token describes, for reads of the user's own data.

    Raises Forbidden for a client.
    """
    return _user(principal)


@raises_problems("forbidden")
@immediate
def get_current_user(
    principal: Annotated[Principal, Depends(get_confirmed_principal)],
) -> UserPrincipal:
    """Return the user, checked against the database. Raises Forbidden for a client."""
    return _user(principal)


def requires(
    *permissions: Permission, trust_token: bool = False
) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that returns the caller. The caller must have one of the permissions.

    If the caller has none of them, the dependency raises Forbidden.

    By default, the dependency checks the caller of each request against the database. With `trust_token`, it checks a
    caller only if the token grants one of `permissions` that is not in TRUSTED_IN_TOKEN.

    Use `trust_token` only for routes with the following property: With the permissions in TRUSTED_IN_TOKEN, a caller
    can only read the caller's own data and place orders.
    """
    accepted = frozenset(permissions)

    if trust_token:

        @raises_problems("account_disabled", "database_unavailable", "overloaded")
        async def get_caller(
            principal: Annotated[Principal, Depends(get_principal)],
            confirm: Annotated[ConfirmPrincipal, from_container(GRAPH.users.confirm_principal)],
        ) -> Principal:
            claimed = principal.permissions & accepted
            return principal if claimed <= TRUSTED_IN_TOKEN else await confirm(principal)

    else:
        get_caller = get_confirmed_principal

    @open_to_clients(accepted)
    @raises_problems("forbidden")
    @immediate
    def get_permitted_principal(
        principal: Annotated[Principal, Depends(get_caller)],
    ) -> Principal:
        _ensure_any(principal, accepted)
        return principal

    return get_permitted_principal


def requires_user(
    permission: Permission, *, trust_token: bool = False
) -> Callable[[Principal], Awaitable[UserPrincipal]]:
    """Return a dependency like `requires`, for actions that only users can perform.

    The dependency raises Forbidden for every client.
    """
    accepted = frozenset({permission})
    get_caller = get_principal if trust_token and accepted <= TRUSTED_IN_TOKEN else get_confirmed_principal

    @raises_problems("forbidden")
    @immediate
    def get_permitted_user(
        principal: Annotated[Principal, Depends(get_caller)],
    ) -> UserPrincipal:
        _ensure_any(principal, accepted)
        return _user(principal)

    return get_permitted_user


def _ensure_any(principal: Principal, accepted: AbstractSet[Permission]) -> None:
    """Raise Forbidden if the principal has none of the permissions.

    The rejection is logged with the principal's id, as ASVS 5.0, 16.3.2 requires.
    """
    try:
        principal.ensure_any(accepted)
    except Forbidden:
        _log.warning("forbidden", principal_id=str(principal.id), permissions=sorted(accepted))
        raise


def _user(principal: Principal) -> UserPrincipal:
    if not isinstance(principal, UserPrincipal):
        raise principal.refusal()
    return principal


def actor_of(request: Request, principal: Principal | None) -> Actor:
    """Return the actor for histories, ledgers and the audit log.

    `principal` is None if the request has no token.
    """
    return Actor(principal.id if principal else None, request.state.recorded_id)


CatalogReader = Annotated[Principal | None, Depends(find_catalog_reader)]
TokenUser = Annotated[UserPrincipal, Depends(get_token_user)]
CurrentUser = Annotated[UserPrincipal, Depends(get_current_user)]
CatalogManager = Annotated[Principal, Depends(requires(Permission.MANAGE_CATALOG))]
StockManager = Annotated[Principal, Depends(requires(Permission.MANAGE_STOCK))]
UserManager = Annotated[UserPrincipal, Depends(requires_user(Permission.MANAGE_USERS))]
AuditReader = Annotated[UserPrincipal, Depends(requires_user(Permission.READ_AUDIT_LOG))]
EventReader = Annotated[Principal, Depends(requires(Permission.READ_EVENTS))]
WebhookManager = Annotated[Principal, Depends(requires(Permission.MANAGE_WEBHOOKS))]
WebhookTransferrer = Annotated[UserPrincipal, Depends(requires_user(Permission.TRANSFER_WEBHOOKS))]
OrderPlacer = Annotated[
    Principal,
    Depends(requires(Permission.PLACE_ORDERS, Permission.PLACE_ORDERS_FOR_OTHERS, trust_token=True)),
]
"""The caller that places orders.

The token is trusted, because the account is checked when the batch of orders is placed.
"""
PayingCustomer = Annotated[UserPrincipal, Depends(requires_user(Permission.PLACE_ORDERS))]
OrderReader = Annotated[
    Principal, Depends(requires(Permission.PLACE_ORDERS, Permission.SEE_ALL_ORDERS, trust_token=True))
]
"""The caller that reads orders.

The caller may read all orders or only the caller's own orders.
"""
OrderChanger = Annotated[Principal, Depends(requires(Permission.PLACE_ORDERS, Permission.CHANGE_ANY_ORDER))]
OrderTokenRenewer = Annotated[Principal, Depends(requires(Permission.CHANGE_ANY_ORDER))]
Canceller = Annotated[Principal, Depends(requires(Permission.PLACE_ORDERS, Permission.CANCEL_ANY_ORDER))]
Shipper = Annotated[Principal, Depends(requires(Permission.FULFIL_ORDERS))]
Returner = Annotated[Principal, Depends(requires(Permission.PLACE_ORDERS, Permission.REFUND_ORDERS))]
Refunder = Annotated[Principal, Depends(requires(Permission.REFUND_ORDERS))]
