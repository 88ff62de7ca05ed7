"""Stock, for staff: units on hand, reserved and available, and the ledger."""

from typing import Annotated

from fastapi import Query, Request, Response

from application.catalog.adjust_stock import AdjustStock, AdjustStockCommand
from application.catalog.count_stock import CountStock, CountStockCommand
from application.catalog.queries import GetStock, ListMovements
from application.catalog.views import AdjustmentView, MovementView, StockView
from application.shared.idempotency import IdempotentOperation
from domain.catalog.adjusting import StockDelta
from domain.catalog.stock import MovementReason
from domain.shared.ids import ProductId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.catalog.schemas import (
    AdjustmentResponse,
    AdjustStockRequest,
    CountStockRequest,
    MovementResponse,
    StockResponse,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.etags import NOT_MODIFIED, IfMatch, version_tag, with_etag
from entrypoints.http.representation.idempotency import RequiredKey, mark_replay
from entrypoints.http.representation.pagination import ListQuery, PageResponse, PageResult, RequestPaginator
from entrypoints.http.representation.path_parameters import ProductIdInPath
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import StockManager, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/stock", tags=["stock"])


@router.post(
    "/adjustments",
    operation_id="adjust_stock",
    summary="Book a delivery, a loss, a correction or a return",
    description=described_by(AdjustStock),
    response_description="The recorded adjustment, with the new stock of each product.",
    status_code=201,
    response_model=AdjustmentResponse,
    responses=problem_responses("stock_conflict"),
    dependencies=[LimitWrites],
)
async def adjust_stock(
    body: AdjustStockRequest,
    manager: StockManager,
    key: RequiredKey,
    request: Request,
    response: Response,
    adjust_stock: Annotated[AdjustStock, from_container(GRAPH.catalog.adjust_stock)],
) -> AdjustmentView:
    outcome = await adjust_stock(
        AdjustStockCommand(
            deltas=tuple(StockDelta(ProductId(line.product_id), line.delta) for line in body.lines),
            reason=MovementReason(body.reason),
            note=body.note,
            key=key.of(IdempotentOperation.ADJUST_STOCK, manager),
            actor=actor_of(request, manager),
        )
    )
    mark_replay(response, outcome)
    return outcome.result


@router.get(
    "/{product_id:uuid}",
    operation_id="get_stock",
    summary="Show a product's stock",
    description=described_by(GetStock),
    response_description="The stock.",
    response_model=StockResponse,
    responses={**problem_responses("not_found"), **NOT_MODIFIED},
    dependencies=[LimitReads],
)
async def get_stock(
    product_id: ProductIdInPath,
    _manager: StockManager,
    request: Request,
    response: Response,
    get_stock: Annotated[GetStock, from_container(GRAPH.catalog.get_stock)],
) -> StockView | Response:
    stock = await get_stock(ProductId(product_id))
    return with_etag(request, response, stock, stock.version)


@router.put(
    "/{product_id:uuid}",
    operation_id="count_stock",
    summary="Set what a count has found",
    description=described_by(CountStock),
    response_description="The stock after the count.",
    response_model=StockResponse,
    responses=problem_responses("not_found", "stock_conflict"),
    dependencies=[LimitWrites],
)
async def count_stock(
    product_id: ProductIdInPath,
    body: CountStockRequest,
    expected_version: IfMatch,
    manager: StockManager,
    request: Request,
    response: Response,
    count_stock: Annotated[CountStock, from_container(GRAPH.catalog.count_stock)],
) -> StockView:
    stock = await count_stock(
        CountStockCommand(
            product_id=ProductId(product_id),
            on_hand=body.on_hand,
            reason=body.reason,
            expected_version=expected_version,
            actor=actor_of(request, manager),
        )
    )
    response.headers["ETag"] = version_tag(stock.version)
    return stock


@router.get(
    "/{product_id:uuid}/ledger",
    operation_id="list_movements",
    summary="Show every movement of a product's stock",
    description=described_by(ListMovements),
    response_description="A page of movements, newest first.",
    response_model=PageResponse[MovementResponse],
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def list_movements(
    product_id: ProductIdInPath,
    query: Annotated[ListQuery, Query()],
    _manager: StockManager,
    paginator: RequestPaginator,
    list_movements: Annotated[ListMovements, from_container(GRAPH.catalog.list_movements)],
) -> PageResult[MovementView]:
    page = await list_movements(ProductId(product_id), after=paginator.position(query), limit=query.limit)
    return paginator.page(query, page)
