"""Who is asking, as a dependency."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from application.users.authenticate import Authenticate
from application.users.confirm_principal import ConfirmPrincipal
from application.users.principal import Principal, UserPrincipal
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden
from domain.users.permissions import CONFIRMED_AT_EACH_USE, Permission
from entrypoints.bootstrap.root import Container
from entrypoints.http.problems.openapi import raises_problems
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.provided import provided
from entrypoints.http.security.scopes import open_to_clients

_log = structlog.get_logger(__name__)

bearer_token = OAuth2PasswordBearer(
    tokenUrl="/token",
    scheme_name="password",
    description="Log in with your e-mail address as the username.",
    auto_error=False,
)


@raises_problems("invalid_token", "token_expired")
async def find_principal(
    token: Annotated[str | None, Depends(bearer_token)],
    authenticate: Annotated[Authenticate, provided(Container.users.authenticate)],
) -> Principal | None:
    """Return who is asking, or None for a request without a token. Raise InvalidToken or TokenExpired."""
    return None if token is None else await authenticate(token)


@raises_problems("authentication_required")
async def get_principal(
    principal: Annotated[Principal | None, Depends(find_principal)],
) -> Principal:
    """Return who is asking. Raise HTTPProblem, InvalidToken or TokenExpired."""
    if principal is None:
        raise HTTPProblem("authentication_required")
    return principal


@raises_problems("account_disabled", "database_unavailable", "overloaded")
async def get_confirmed_principal(
    principal: Annotated[Principal, Depends(get_principal)],
    confirm: Annotated[ConfirmPrincipal, provided(Container.users.confirm_principal)],
) -> Principal:
    """Return who is asking, as the database has them now. Raise InvalidToken or AccountDisabled."""
    return await confirm(principal)


@raises_problems("forbidden")
async def get_current_user(principal: Annotated[Principal, Depends(get_principal)]) -> UserPrincipal:
    """Return the user who is asking. Raise Forbidden for a client."""
    if not isinstance(principal, UserPrincipal):
        raise principal.refusal()
    return principal


@raises_problems("forbidden")
async def get_confirmed_user(
    principal: Annotated[Principal, Depends(get_confirmed_principal)],
) -> UserPrincipal:
    """Return the user who is asking, as the database has them now. Raise Forbidden for a client."""
    if not isinstance(principal, UserPrincipal):
        raise principal.refusal()
    return principal


def requires(
    *permissions: Permission, confirmed: bool = False
) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that is who is asking, if they have one of the permissions, and raises Forbidden if not.

    The role, or the client's secret, is the access token's; `confirmed`, it is the database's, which is asked at each
    request. What moves money or administers the shop has to be: some permissions always are.
    """
    wanted = frozenset(permissions)

    @open_to_clients(wanted)
    @raises_problems("forbidden")
    async def get_permitted_principal(
        principal: Annotated[Principal, Depends(_asked_for(wanted, confirmed=confirmed))],
    ) -> Principal:
        _ensure_any(principal, wanted)
        return principal

    return get_permitted_principal


def requires_user(
    permission: Permission, *, confirmed: bool = False
) -> Callable[[Principal], Awaitable[UserPrincipal]]:
    """Return a dependency as `requires` does, for what only people do: it raises Forbidden for every client."""
    wanted = frozenset({permission})

    @raises_problems("forbidden")
    async def get_permitted_user(
        principal: Annotated[Principal, Depends(_asked_for(wanted, confirmed=confirmed))],
    ) -> UserPrincipal:
        _ensure_any(principal, wanted)
        if not isinstance(principal, UserPrincipal):
            raise principal.refusal()
        return principal

    return get_permitted_user


def _ensure_any(principal: Principal, wanted: frozenset[Permission]) -> None:
    """Raise Forbidden, and name in the log who has tried what is not for them (ASVS 5.0, 16.3.2)."""
    try:
        principal.ensure_any(wanted)
    except Forbidden:
        _log.warning("forbidden", principal_id=str(principal.id), permissions=sorted(wanted))
        raise


def _asked_for(permissions: frozenset[Permission], *, confirmed: bool) -> Callable[..., Awaitable[Principal]]:
    asks_database = confirmed or not permissions.isdisjoint(CONFIRMED_AT_EACH_USE)
    return get_confirmed_principal if asks_database else get_principal


def actor_of(request: Request, principal: Principal | None) -> Actor:
    """Return who acts, for histories, ledgers and the audit log. None is somebody who is not logged in."""
    return Actor(principal.id if principal else None, request.state.request_id)


Visitor = Annotated[Principal | None, Depends(find_principal)]
CurrentUser = Annotated[UserPrincipal, Depends(get_current_user)]
ConfirmedUser = Annotated[UserPrincipal, Depends(get_confirmed_user)]
CatalogManager = Annotated[Principal, Depends(requires(Permission.MANAGE_CATALOG))]
StockManager = Annotated[Principal, Depends(requires(Permission.MANAGE_STOCK))]
UserManager = Annotated[UserPrincipal, Depends(requires_user(Permission.MANAGE_USERS))]
AuditReader = Annotated[UserPrincipal, Depends(requires_user(Permission.READ_AUDIT_LOG))]
EventReader = Annotated[Principal, Depends(requires(Permission.READ_EVENTS))]
WebhookManager = Annotated[Principal, Depends(requires(Permission.MANAGE_WEBHOOKS))]
Customer = Annotated[UserPrincipal, Depends(requires_user(Permission.PLACE_ORDERS))]
"""Placing an order neither gives money nor gets it back, and is the busiest route: the word of its tokens does."""
PayingCustomer = Annotated[UserPrincipal, Depends(requires_user(Permission.PLACE_ORDERS, confirmed=True))]
OrderReader = Annotated[Principal, Depends(requires(Permission.PLACE_ORDERS, Permission.SEE_ALL_ORDERS))]
"""Those who see their own orders, and those who see all."""
Canceller = Annotated[
    Principal, Depends(requires(Permission.PLACE_ORDERS, Permission.CANCEL_ANY_ORDER, confirmed=True))
]
Shipper = Annotated[Principal, Depends(requires(Permission.FULFIL_ORDERS, confirmed=True))]
Refunder = Annotated[Principal, Depends(requires(Permission.REFUND_ORDERS, confirmed=True))]
