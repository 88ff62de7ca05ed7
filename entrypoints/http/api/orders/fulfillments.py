"""Fulfillments of orders. Staff create them."""

from typing import Annotated

from fastapi import Request, Response

from application.orders.fulfill_order import FulfillOrder, FulfillOrderCommand
from application.orders.queries import GetFulfillment, ListFulfillments
from application.orders.views import FulfillmentView
from application.shared.idempotency import IdempotentOperation
from domain.shared.ids import OrderId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.orders.parts import page_of_order, part_of_order
from entrypoints.http.api.payments.schemas import FulfillmentResponse, FulfilOrderRequest
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.idempotency import RequiredKey, mark_replay
from entrypoints.http.representation.pagination import PageResponse, PageResult
from entrypoints.http.representation.path_parameters import OrderIdInPath
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import Shipper, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/orders/{order_id:uuid}/fulfillments", tags=["fulfillments"])


@router.post(
    "",
    operation_id="fulfil_order",
    summary="Ship units of an order",
    description=described_by(FulfillOrder),
    response_description="The new fulfillment.",
    status_code=201,
    response_model=FulfillmentResponse,
    responses=problem_responses("not_found", "invalid_transition", "order_disputed"),
    dependencies=[LimitWrites],
)
async def fulfil_order(
    order_id: OrderIdInPath,
    body: FulfilOrderRequest,
    staff: Shipper,
    key: RequiredKey,
    request: Request,
    response: Response,
    fulfil_order: Annotated[FulfillOrder, from_container(GRAPH.orders.fulfill_order)],
) -> FulfillmentView:
    outcome = await fulfil_order(
        FulfillOrderCommand(
            order_id=OrderId(order_id),
            lines=body.to_lines(),
            carrier=body.carrier,
            tracking=body.tracking,
            dispute_override=body.dispute_override.reason if body.dispute_override else None,
            key=key.of(IdempotentOperation.FULFILL_ORDER, staff),
            actor=actor_of(request, staff),
        )
    )
    mark_replay(response, outcome)
    response.headers["Location"] = f"/v1/orders/{order_id}/fulfillments/{outcome.result.id}"
    return outcome.result


@router.get(
    "",
    operation_id="list_fulfillments",
    summary="List an order's fulfillments",
    description=described_by(ListFulfillments),
    response_description="A page of the order's fulfillments.",
    response_model=PageResponse[FulfillmentResponse],
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def list_fulfillments(
    fulfillments: Annotated[PageResult[FulfillmentView], page_of_order(GRAPH.orders.list_fulfillments)],
) -> PageResult[FulfillmentView]:
    return fulfillments


@router.get(
    "/{fulfillment_id:uuid}",
    operation_id="get_fulfillment",
    summary="Show a fulfillment",
    description=described_by(GetFulfillment),
    response_description="The fulfillment.",
    response_model=FulfillmentResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def get_fulfillment(
    fulfillment: Annotated[FulfillmentView, part_of_order(GRAPH.orders.get_fulfillment, "fulfillment_id")],
) -> FulfillmentView:
    return fulfillment
