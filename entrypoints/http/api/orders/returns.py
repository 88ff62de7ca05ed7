"""Returns of shipped units. Customers or staff request returns. Staff approve or refuse them."""

from typing import Annotated

from fastapi import Query, Request, Response

from application.orders.decide_return import ApproveReturn, RefuseReturn, ReturnCommand
from application.orders.queries import GetReturn, ListReturns
from application.orders.receive_return import ReceiveReturn, ReceiveReturnCommand
from application.orders.request_return import RequestReturn, RequestReturnCommand
from application.orders.views import ReturnView
from application.shared.idempotency import IdempotentOperation
from domain.shared.ids import OrderId, ReturnId
from domain.users.permissions import Permission
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.orders.access import order_access
from entrypoints.http.api.orders.return_schemas import (
    ApproveReturnRequest,
    ReceiveReturnRequest,
    RefuseReturnRequest,
    RequestReturnRequest,
    ReturnResponse,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.idempotency import RequiredKey, mark_replay
from entrypoints.http.representation.pagination import ListQuery, PageResponse, PageResult, RequestPaginator
from entrypoints.http.representation.path_parameters import OrderIdInPath, ReturnIdInPath
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import OrderReader, Refunder, Returner, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

NO_AGREEMENT = ApproveReturnRequest()

router = StrictRouter(prefix="/v1/orders/{order_id:uuid}/returns", tags=["returns"])


@router.post(
    "",
    operation_id="request_return",
    summary="Request a return",
    description=described_by(RequestReturn),
    response_description="The new return. Staff have to decide on it.",
    status_code=201,
    response_model=ReturnResponse,
    responses=problem_responses("not_found", "invalid_transition"),
    dependencies=[LimitWrites],
)
async def request_return(
    order_id: OrderIdInPath,
    body: RequestReturnRequest,
    returner: Returner,
    key: RequiredKey,
    request: Request,
    response: Response,
    request_return: Annotated[RequestReturn, from_container(GRAPH.orders.request_return)],
) -> ReturnView:
    access = order_access(returner, Permission.REFUND_ORDERS)
    result = await request_return(
        RequestReturnCommand(
            order_id=OrderId(order_id),
            lines=body.to_lines(),
            reason=body.reason,
            access=access,
            key=key.of(IdempotentOperation.REQUEST_RETURN, returner),
            actor=actor_of(request, returner),
        )
    )
    mark_replay(response, result)
    response.headers["Location"] = f"/v1/orders/{order_id}/returns/{result.result.id}"
    return result.result.seen_by(access.party)


@router.get(
    "",
    operation_id="list_returns",
    summary="List an order's returns",
    description=described_by(ListReturns),
    response_description="A page of the order's returns.",
    response_model=PageResponse[ReturnResponse],
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def list_returns(
    order_id: OrderIdInPath,
    query: Annotated[ListQuery, Query()],
    reader: OrderReader,
    paginator: RequestPaginator,
    list_returns: Annotated[ListReturns, from_container(GRAPH.orders.list_returns)],
) -> PageResult[ReturnView]:
    page = await list_returns(
        OrderId(order_id),
        access=order_access(reader, Permission.SEE_ALL_ORDERS),
        after=paginator.position(query),
        limit=query.limit,
    )
    return paginator.page(query, page)


@router.get(
    "/{return_id:uuid}",
    operation_id="get_return",
    summary="Show a return",
    description=described_by(GetReturn),
    response_description="The return.",
    response_model=ReturnResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def get_return(
    order_id: OrderIdInPath,
    return_id: ReturnIdInPath,
    reader: OrderReader,
    get_return: Annotated[GetReturn, from_container(GRAPH.orders.get_return)],
) -> ReturnView:
    return await get_return(
        OrderId(order_id), ReturnId(return_id), access=order_access(reader, Permission.SEE_ALL_ORDERS)
    )


@router.post(
    "/{return_id:uuid}/approve",
    operation_id="approve_return",
    summary="Approve a return",
    description=described_by(ApproveReturn),
    response_description="The approved return.",
    response_model=ReturnResponse,
    responses=problem_responses("not_found", "invalid_transition", "refund_exceeds_paid"),
    dependencies=[LimitWrites],
)
async def approve_return(
    order_id: OrderIdInPath,
    return_id: ReturnIdInPath,
    staff: Refunder,
    key: RequiredKey,
    request: Request,
    response: Response,
    approve_return: Annotated[ApproveReturn, from_container(GRAPH.orders.approve_return)],
    body: ApproveReturnRequest = NO_AGREEMENT,
) -> ReturnView:
    command = ReturnCommand(
        order_id=OrderId(order_id),
        return_id=ReturnId(return_id),
        key=key.of(IdempotentOperation.APPROVE_RETURN, staff),
        actor=actor_of(request, staff),
    )
    result = await approve_return(command, body.refund.to_money() if body.refund else None)
    mark_replay(response, result)
    return result.result


@router.post(
    "/{return_id:uuid}/refuse",
    operation_id="refuse_return",
    summary="Refuse a return",
    description=described_by(RefuseReturn),
    response_description="The refused return.",
    response_model=ReturnResponse,
    responses=problem_responses("not_found", "invalid_transition"),
    dependencies=[LimitWrites],
)
async def refuse_return(
    order_id: OrderIdInPath,
    return_id: ReturnIdInPath,
    body: RefuseReturnRequest,
    staff: Refunder,
    key: RequiredKey,
    request: Request,
    response: Response,
    refuse_return: Annotated[RefuseReturn, from_container(GRAPH.orders.refuse_return)],
) -> ReturnView:
    command = ReturnCommand(
        order_id=OrderId(order_id),
        return_id=ReturnId(return_id),
        key=key.of(IdempotentOperation.REFUSE_RETURN, staff),
        actor=actor_of(request, staff),
    )
    result = await refuse_return(command, body.reason)
    mark_replay(response, result)
    return result.result


@router.post(
    "/{return_id:uuid}/receive",
    operation_id="receive_return",
    summary="Receive a return",
    description=described_by(ReceiveReturn),
    response_description="The received return, with its refund if there is one.",
    response_model=ReturnResponse,
    responses=problem_responses("not_found", "invalid_transition", "order_disputed", "stock_conflict"),
    dependencies=[LimitWrites],
)
async def receive_return(
    order_id: OrderIdInPath,
    return_id: ReturnIdInPath,
    body: ReceiveReturnRequest,
    staff: Refunder,
    key: RequiredKey,
    request: Request,
    response: Response,
    receive_return: Annotated[ReceiveReturn, from_container(GRAPH.orders.receive_return)],
) -> ReturnView:
    result = await receive_return(
        ReceiveReturnCommand(
            order_id=OrderId(order_id),
            return_id=ReturnId(return_id),
            restocked=body.to_restocked(),
            dispute_override=body.dispute_override.reason if body.dispute_override else None,
            key=key.of(IdempotentOperation.RECEIVE_RETURN, staff),
            actor=actor_of(request, staff),
        )
    )
    mark_replay(response, result)
    return result.result
