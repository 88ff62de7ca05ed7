"""Who is asking, as a dependency."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from application.users.authenticate import Authenticate, Principal
from application.users.confirm_principal import ConfirmPrincipal
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden
from domain.users.permissions import CONFIRMED_AT_EACH_USE, Permission
from entrypoints.container import Container
from entrypoints.http.problems.openapi import refuses_with
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.provided import provided

_log = structlog.get_logger(__name__)

bearer_token = OAuth2PasswordBearer(
    tokenUrl="/token",
    scheme_name="password",
    description="Log in with your e-mail address as the username.",
    auto_error=False,
)


@refuses_with("invalid_token", "token_expired")
async def find_current_user(
    token: Annotated[str | None, Depends(bearer_token)],
    authenticate: Annotated[Authenticate, provided(Container.authenticate)],
) -> Principal | None:
    """Return who is asking, or None for a request without a token. Raise InvalidToken or TokenExpired."""
    return None if token is None else await authenticate(token)


@refuses_with("authentication_required")
async def get_current_user(
    principal: Annotated[Principal | None, Depends(find_current_user)],
) -> Principal:
    """Return who is asking. Raise HTTPProblem, InvalidToken or TokenExpired."""
    if principal is None:
        raise HTTPProblem("authentication_required")
    return principal


@refuses_with("account_disabled", "database_unavailable", "overloaded")
async def get_confirmed_user(
    principal: Annotated[Principal, Depends(get_current_user)],
    confirm: Annotated[ConfirmPrincipal, provided(Container.confirm_principal)],
) -> Principal:
    """Return who is asking, as the database has them now. Raise InvalidToken or AccountDisabled."""
    return await confirm(principal)


def requires(
    permission: Permission, *, confirmed: bool = False
) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that is who is asking, if their role has the permission, and raises Forbidden if not.

    The role is the access token's; `confirmed`, it is the database's, which is asked at each request. What moves
    money or administers the shop has to be: some permissions always are.
    """
    asks_database = confirmed or permission in CONFIRMED_AT_EACH_USE

    @refuses_with("forbidden")
    async def get_permitted_user(
        principal: Annotated[Principal, Depends(get_confirmed_user if asks_database else get_current_user)],
    ) -> Principal:
        try:
            principal.ensure(permission)
        except Forbidden:  # ASVS 5.0, 16.3.2: who has tried what is not for them
            _log.warning("forbidden", user_id=str(principal.user_id), permission=permission.value)
            raise
        return principal

    return get_permitted_user


def actor(request: Request, principal: Principal | None) -> Actor:
    """Return who acts, for histories, ledgers and the audit log. None is somebody who is not logged in."""
    return Actor(principal.user_id if principal else None, request.state.request_id)


Visitor = Annotated[Principal | None, Depends(find_current_user)]
CurrentUser = Annotated[Principal, Depends(get_current_user)]
ConfirmedUser = Annotated[Principal, Depends(get_confirmed_user)]
CatalogManager = Annotated[Principal, Depends(requires(Permission.MANAGE_CATALOG))]
StockManager = Annotated[Principal, Depends(requires(Permission.MANAGE_STOCK))]
UserManager = Annotated[Principal, Depends(requires(Permission.MANAGE_USERS))]
AuditReader = Annotated[Principal, Depends(requires(Permission.READ_AUDIT_LOG))]
EventReader = Annotated[Principal, Depends(requires(Permission.READ_EVENTS))]
WebhookManager = Annotated[Principal, Depends(requires(Permission.MANAGE_WEBHOOKS))]
Customer = Annotated[Principal, Depends(requires(Permission.PLACE_ORDERS))]
PayingCustomer = Annotated[Principal, Depends(requires(Permission.PLACE_ORDERS, confirmed=True))]
"""For what gives money or gets it back. Placing an order does neither, and is the busiest route: its tokens do."""
Shipper = Annotated[Principal, Depends(requires(Permission.FULFIL_ORDERS, confirmed=True))]
Refunder = Annotated[Principal, Depends(requires(Permission.REFUND_ORDERS, confirmed=True))]
