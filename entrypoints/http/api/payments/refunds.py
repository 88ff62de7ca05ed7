"""Refunds of orders. Staff create them."""

from typing import Annotated

from fastapi import Request, Response

from application.payments.queries import GetRefund, ListRefunds
from application.payments.refund_order import RefundOrder, RefundOrderCommand
from application.payments.views import RefundView
from application.shared.idempotency import IdempotentOperation
from domain.shared.ids import OrderId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.orders.parts import page_of_order, part_of_order
from entrypoints.http.api.payments.schemas import RefundOrderRequest, RefundResponse
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.idempotency import RequiredKey, mark_replay
from entrypoints.http.representation.pagination import PageResponse, PageResult
from entrypoints.http.representation.path_parameters import OrderIdInPath
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import Refunder, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/orders/{order_id:uuid}/refunds", tags=["refunds"])


@router.post(
    "",
    operation_id="refund_order",
    summary="Refund an order",
    description=described_by(RefundOrder),
    response_description="The refund. It is sent to the payment provider after the response.",
    status_code=201,
    response_model=RefundResponse,
    responses=problem_responses("not_found", "invalid_transition", "order_disputed", "refund_exceeds_paid"),
    dependencies=[LimitWrites],
)
async def refund_order(
    order_id: OrderIdInPath,
    body: RefundOrderRequest,
    staff: Refunder,
    key: RequiredKey,
    request: Request,
    response: Response,
    refund_order: Annotated[RefundOrder, from_container(GRAPH.payments.refund_order)],
) -> RefundView:
    outcome = await refund_order(
        RefundOrderCommand(
            order_id=OrderId(order_id),
            amount_or_lines=body.to_amount_or_lines(),
            reason=body.reason,
            channel=body.channel,
            dispute_override=body.dispute_override.reason if body.dispute_override else None,
            key=key.of(IdempotentOperation.REFUND_ORDER, staff),
            actor=actor_of(request, staff),
        )
    )
    mark_replay(response, outcome)
    response.headers["Location"] = f"/v1/orders/{order_id}/refunds/{outcome.result.id}"
    return outcome.result


@router.get(
    "",
    operation_id="list_refunds",
    summary="List an order's refunds",
    description=described_by(ListRefunds),
    response_description="A page of the order's refunds.",
    response_model=PageResponse[RefundResponse],
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def list_refunds(
    refunds: Annotated[PageResult[RefundView], page_of_order(GRAPH.payments.list_refunds)],
) -> PageResult[RefundView]:
    return refunds


@router.get(
    "/{refund_id:uuid}",
    operation_id="get_refund",
    summary="Show a refund",
    description=described_by(GetRefund),
    response_description="The refund.",
    response_model=RefundResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def get_refund(
    refund: Annotated[RefundView, part_of_order(GRAPH.payments.get_refund, "refund_id")],
) -> RefundView:
    return refund
