"""Orders of guests: reads with an order token, renewals of tokens, and claims by accounts."""

from typing import Annotated

from fastapi import Header, Request, Response

from application.orders.claim_guest_orders import ClaimGuestOrders
from application.orders.queries import GetGuestOrder
from application.orders.renew_order_token import RenewOrderToken
from domain.shared.ids import OrderId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.orders.schemas import ClaimedOrdersResponse, OrderResponse, OrderTokenResponse
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.etags import NOT_MODIFIED, with_etag
from entrypoints.http.representation.idempotency import OptionalKey
from entrypoints.http.representation.path_parameters import OrderIdInPath
from entrypoints.http.representation.serialization import serialize
from entrypoints.http.routing.serialized_json import SerializedJSONResponse
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import CurrentUser, OrderTokenRenewer, actor_of
from entrypoints.http.security.order_tokens import OrderTokens
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(tags=["orders"])


@router.get(
    "/v1/guest-orders/{order_id:uuid}",
    operation_id="get_guest_order",
    summary="Show the order of a guest",
    description=described_by(GetGuestOrder),
    response_description="The order, without actions.",
    response_model=None,
    response_class=SerializedJSONResponse,
    responses={200: {"model": OrderResponse}, **problem_responses("not_found"), **NOT_MODIFIED},
    dependencies=[LimitReads],
)
async def get_guest_order(
    order_id: OrderIdInPath,
    order_token: Annotated[
        str,
        Header(
            alias="Order-Token",
            max_length=100,
            pattern="^[A-Za-z0-9_-]+$",
            description="The `order_token` of the response that placed the order.",
            examples=["lE9jVQm5cA2WwU0u8Jp6QxT3bDkYhR7sNfZoCgXeIvM"],
        ),
    ],
    request: Request,
    response: Response,
    get_guest_order: Annotated[GetGuestOrder, from_container(GRAPH.orders.get_guest_order)],
) -> bytes | Response:
    tokens: OrderTokens = request.app.state.order_tokens
    order = await get_guest_order(
        OrderId(order_id),
        is_valid=lambda version: tokens.is_valid(order_token, OrderId(order_id), version),
    )
    return with_etag(request, response, serialize(order), order.version)


@router.post(
    "/v1/orders/{order_id:uuid}/order-token",
    operation_id="renew_order_token",
    summary="Revoke the order token of a guest's order",
    description=described_by(RenewOrderToken),
    response_description="The new order token. The former one is no longer valid.",
    response_model=OrderTokenResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def renew_order_token(
    order_id: OrderIdInPath,
    renewer: OrderTokenRenewer,
    key: OptionalKey,  # noqa: ARG001 - every POST accepts a key; a repeated request issues a newer token
    request: Request,
    renew_order_token: Annotated[RenewOrderToken, from_container(GRAPH.orders.renew_order_token)],
) -> OrderTokenResponse:
    version = await renew_order_token(OrderId(order_id), actor=actor_of(request, renewer))
    tokens: OrderTokens = request.app.state.order_tokens
    return OrderTokenResponse(order_token=tokens.of(OrderId(order_id), version))


@router.post(
    "/v1/me/claim-orders",
    operation_id="claim_guest_orders",
    summary="Claim my guest orders",
    description=described_by(ClaimGuestOrders),
    response_description="The number of claimed orders.",
    response_model=ClaimedOrdersResponse,
    responses=problem_responses("email_not_verified"),
    dependencies=[LimitWrites],
)
async def claim_guest_orders(
    user: CurrentUser,
    key: OptionalKey,  # noqa: ARG001 - every POST accepts a key; a repeated request finds no more orders to claim
    request: Request,
    claim_guest_orders: Annotated[ClaimGuestOrders, from_container(GRAPH.orders.claim_guest_orders)],
) -> ClaimedOrdersResponse:
    claimed = await claim_guest_orders(user.user_id, actor=actor_of(request, user))
    return ClaimedOrdersResponse(claimed=claimed)
