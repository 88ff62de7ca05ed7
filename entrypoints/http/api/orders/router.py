"""Orders. Customers place orders and read their own orders. Staff read all orders."""

from typing import Annotated

from fastapi import Body, Query, Request, Response

from application.orders.cancel_order import CancelOrder, CancelOrderCommand
from application.orders.change_order import ChangeOrder, ChangeOrderCommand
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.ports import OrderFilter
from application.orders.preview_order import PreviewOrder
from application.orders.queries import GetOrder, ListOrders, ListStatusChanges
from application.orders.views import OrderView, QuoteView, StatusChangeView
from application.shared.admission import Admission
from application.shared.idempotency import IdempotentOperation
from application.shared.page import Page
from application.users.principal import Principal
from domain.orders.placing import OrderRequest
from domain.shared.ids import OrderId, ProductId, UserId
from domain.users.permissions import Permission
from entrypoints.bootstrap.root import GRAPH
from entrypoints.email_addresses import known_email_address
from entrypoints.from_container import from_container
from entrypoints.http.api.orders.access import customer_of, order_access, party_of
from entrypoints.http.api.orders.parts import page_of_order
from entrypoints.http.api.orders.placing_schemas import PlacedOrderResponse, PlaceOrderRequest, QuoteResponse
from entrypoints.http.api.orders.schemas import (
    CancelOrderRequest,
    ChangeOrderRequest,
    ListOrdersQuery,
    OrderResponse,
    StatusChangeResponse,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.etags import NOT_MODIFIED, IfMatch, version_tag, with_etag
from entrypoints.http.representation.idempotency import OptionalKey, RequiredKey, mark_replay
from entrypoints.http.representation.pagination import PageResponse, PageResult, RequestPaginator
from entrypoints.http.representation.path_parameters import OrderIdInPath
from entrypoints.http.representation.response_headers import sends_headers
from entrypoints.http.representation.serialization import serialize
from entrypoints.http.routing.body import MERGE_PATCH
from entrypoints.http.routing.serialized_json import SerializedJSONResponse
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import (
    Canceller,
    OrderChanger,
    OrderPlacer,
    OrderReader,
    actor_of,
)
from entrypoints.http.security.order_tokens import OrderTokens
from entrypoints.http.security.rate_limits import LimitOrders, LimitReads, LimitWrites

NO_REASON = CancelOrderRequest()

router = StrictRouter(prefix="/v1/orders", tags=["orders"])


@router.post(
    "",
    operation_id="place_order",
    summary="Place an order",
    description=described_by(PlaceOrder),
    response_description="The new order. Its stock is reserved until `expires_at`.",
    status_code=201,
    response_model=None,
    response_class=SerializedJSONResponse,
    responses={
        201: {"model": PlacedOrderResponse},
        200: {
            "model": PlacedOrderResponse,
            "description": "The order that this key has made before, as it is now: what was answered then is no longer kept.",
        },
        **problem_responses(
            "account_disabled",
            "email_not_verified",
            "order_expired",
            "out_of_stock",
            "price_changed",
            "product_unavailable",
            "too_many_units_held",
            "too_many_unpaid_orders",
        ),
    },
    dependencies=[LimitOrders],
)
async def place_order(
    body: PlaceOrderRequest,
    placer: OrderPlacer,
    key: RequiredKey,
    request: Request,
    response: Response,
    admission: Annotated[Admission, from_container(GRAPH.orders.order_admission)],
    place_order: Annotated[PlaceOrder, from_container(GRAPH.orders.place_order)],
) -> bytes:
    command = PlaceOrderCommand(
        request=_request_of(body, placer),
        key=key.of(IdempotentOperation.PLACE_ORDER, placer),
        actor=actor_of(request, placer),
    )
    with admission.entered():
        outcome = await place_order(command)
    order = outcome.result
    mark_replay(response, outcome)
    if outcome.is_current_state:
        response.status_code = 200
    response.headers["Location"] = f"/v1/orders/{order.id}"
    response.headers["ETag"] = version_tag(order.version)
    content = serialize(order.seen_by(party_of(placer)))
    if order.guest is None:
        return content
    tokens: OrderTokens = request.app.state.order_tokens
    return content[:-1] + b',"order_token":"%b"}' % tokens.of(order.id).encode()


@router.get(
    "/{order_id:uuid}",
    operation_id="get_order",
    summary="Show an order",
    description=described_by(GetOrder),
    response_description="The order.",
    response_model=None,
    response_class=SerializedJSONResponse,
    responses={200: {"model": OrderResponse}, **problem_responses("not_found"), **NOT_MODIFIED},
    dependencies=[LimitReads],
)
async def get_order(
    order_id: OrderIdInPath,
    reader: OrderReader,
    request: Request,
    response: Response,
    get_order: Annotated[GetOrder, from_container(GRAPH.orders.get_order)],
) -> bytes | Response:
    access = order_access(reader, Permission.SEE_ALL_ORDERS)
    order = await get_order(OrderId(order_id), access=access)
    return with_etag(request, response, serialize(order.seen_by(access.party)), order.version)


@router.post(
    "/preview",
    operation_id="preview_order",
    summary="Preview an order",
    description=described_by(PreviewOrder),
    response_description="The present price of the order. Nothing is reserved.",
    response_model=QuoteResponse,
    responses=problem_responses("out_of_stock", "price_changed", "product_unavailable"),
    dependencies=[LimitReads],
)
async def preview_order(
    body: PlaceOrderRequest,
    placer: OrderPlacer,
    key: OptionalKey,  # noqa: ARG001 - every POST accepts a key; a preview changes nothing, so it can be repeated
    preview_order: Annotated[PreviewOrder, from_container(GRAPH.orders.preview_order)],
) -> QuoteView:
    return await preview_order(_request_of(body, placer))


def _request_of(body: PlaceOrderRequest, placer: Principal) -> OrderRequest:
    customer_id = customer_of(placer, body.customer_id, is_for_guest=body.guest is not None)
    return body.to_request(customer_id, placer.id)


@router.get(
    "",
    operation_id="list_orders",
    summary="List orders",
    description=described_by(ListOrders),
    response_description="A page of orders.",
    response_model=PageResponse[OrderResponse],
    dependencies=[LimitReads],
)
async def list_orders(
    query: Annotated[ListOrdersQuery, Query()],
    reader: OrderReader,
    paginator: RequestPaginator,
    list_orders: Annotated[ListOrders, from_container(GRAPH.orders.list_orders)],
) -> PageResult[OrderView]:
    access = order_access(reader, Permission.SEE_ALL_ORDERS)
    page = await list_orders(
        OrderFilter(
            number=query.number,
            status=query.status,
            payment_status=query.payment_status,
            fulfillment_status=query.fulfillment_status,
            product_id=ProductId(query.product_id) if query.product_id else None,
            email=known_email_address(query.email) if query.email else None,
            updated_after=query.updated_after,
            customer_id=UserId(query.customer_id) if query.customer_id else None,
            created_after=query.created_after,
            created_before=query.created_before,
        ),
        access=access,
        descending=query.sort.startswith("-"),
        after=paginator.position(query),
        limit=query.limit,
    )
    seen = tuple(order.seen_by(access.party) for order in page.items)
    return paginator.page(query, Page(seen, page.next))


@router.get(
    "/{order_id:uuid}/history",
    operation_id="list_status_changes",
    summary="Show an order's history",
    description=described_by(ListStatusChanges),
    response_description="A page of the order's status changes, oldest first.",
    response_model=PageResponse[StatusChangeResponse],
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def list_status_changes(
    changes: Annotated[PageResult[StatusChangeView], page_of_order(GRAPH.orders.list_status_changes)],
) -> PageResult[StatusChangeView]:
    return changes


@router.patch(
    "/{order_id:uuid}",
    operation_id="change_order",
    summary="Change the address, the note or the metadata of an order",
    response_description="The changed order.",
    description=described_by(ChangeOrder),
    response_model=OrderResponse,
    responses=problem_responses("not_found", "invalid_transition"),
    dependencies=[LimitWrites],
)
async def change_order(
    order_id: OrderIdInPath,
    body: Annotated[ChangeOrderRequest, Body(media_type=MERGE_PATCH)],
    expected_version: IfMatch,
    changer: OrderChanger,
    key: OptionalKey,
    request: Request,
    response: Response,
    change_order: Annotated[ChangeOrder, from_container(GRAPH.orders.change_order)],
) -> OrderView:
    access = order_access(changer, Permission.CHANGE_ANY_ORDER)
    outcome = await change_order(
        ChangeOrderCommand(
            order_id=OrderId(order_id),
            expected_version=expected_version,
            changes=body.to_changes(),
            access=access,
            key=key.of(IdempotentOperation.CHANGE_ORDER, changer) if key else None,
            actor=actor_of(request, changer),
        )
    )
    mark_replay(response, outcome)
    response.headers["ETag"] = version_tag(outcome.result.version)
    return outcome.result.seen_by(access.party)


@router.post(
    "/{order_id:uuid}/cancel",
    operation_id="cancel_order",
    summary="Cancel an order or some of its units",
    description=described_by(CancelOrder),
    response_description="The order after the cancellation.",
    response_model=OrderResponse,
    responses=problem_responses("not_found", "invalid_transition", "order_disputed", "payment_in_progress"),
    dependencies=[LimitWrites],
)
@sends_headers("ETag")
async def cancel_order(
    order_id: OrderIdInPath,
    canceller: Canceller,
    key: RequiredKey,
    request: Request,
    response: Response,
    cancel_order: Annotated[CancelOrder, from_container(GRAPH.orders.cancel_order)],
    body: CancelOrderRequest = NO_REASON,
) -> OrderView:
    access = order_access(canceller, Permission.CANCEL_ANY_ORDER)
    outcome = await cancel_order(
        CancelOrderCommand(
            order_id=OrderId(order_id),
            lines=body.to_lines(),
            reason=body.reason,
            dispute_override=body.dispute_override.reason if body.dispute_override else None,
            access=access,
            key=key.of(IdempotentOperation.CANCEL_ORDER, canceller),
            actor=actor_of(request, canceller),
        )
    )
    mark_replay(response, outcome)
    response.headers["ETag"] = version_tag(outcome.result.version)
    return outcome.result.seen_by(access.party)
