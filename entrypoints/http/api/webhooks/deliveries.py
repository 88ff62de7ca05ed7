"""Deliveries of a webhook endpoint."""

from typing import Annotated

from fastapi import Query, Request, Response

from application.shared.idempotency import IdempotentOperation
from application.shared.ports import Clock
from application.webhooks.ports import UndeliveredFilter
from application.webhooks.queries import ListDeliveries
from application.webhooks.retry_deliveries import RetryDeliveries
from application.webhooks.retry_delivery import RetryDelivery
from application.webhooks.views import DeliveryView, RetriedView
from domain.shared.ids import DeliveryId, EndpointId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.webhooks.schemas import (
    DeliveryResponse,
    ListDeliveriesQuery,
    RetriedResponse,
    RetryDeliveriesRequest,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.idempotency import OptionalKey, mark_replay
from entrypoints.http.representation.pagination import PageResponse, PageResult, RequestPaginator
from entrypoints.http.representation.path_parameters import DeliveryIdInPath, EndpointIdInPath
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import WebhookManager, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/webhook-endpoints/{endpoint_id:uuid}/deliveries", tags=["webhooks"])


@router.get(
    "",
    operation_id="list_webhook_deliveries",
    summary="List what was sent to an address",
    description=described_by(ListDeliveries),
    response_description="A page of deliveries.",
    response_model=PageResponse[DeliveryResponse],
    responses=problem_responses("not_found"),
    dependencies=[LimitReads],
)
async def list_webhook_deliveries(
    endpoint_id: EndpointIdInPath,
    query: Annotated[ListDeliveriesQuery, Query()],
    _manager: WebhookManager,
    paginator: RequestPaginator,
    list_deliveries: Annotated[ListDeliveries, from_container(GRAPH.webhooks.list_deliveries)],
) -> PageResult[DeliveryView]:
    page = await list_deliveries(
        EndpointId(endpoint_id), status=query.status, after=paginator.position(query), limit=query.limit
    )
    return paginator.page(query, page)


@router.post(
    "/retry",
    operation_id="retry_webhook_deliveries",
    summary="Send the undelivered events of a time window again",
    description=described_by(RetryDeliveries),
    response_description="How many deliveries were scheduled.",
    response_model=RetriedResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def retry_webhook_deliveries(
    endpoint_id: EndpointIdInPath,
    body: RetryDeliveriesRequest,
    manager: WebhookManager,
    key: OptionalKey,
    request: Request,
    response: Response,
    clock: Annotated[Clock, from_container(GRAPH.clock)],
    retry_deliveries: Annotated[RetryDeliveries, from_container(GRAPH.webhooks.retry_deliveries)],
) -> RetriedView:
    result = await retry_deliveries(
        UndeliveredFilter(
            endpoint_id=EndpointId(endpoint_id),
            since=body.since,
            until=body.until or clock.now(),
            event_types=body.event_types,
        ),
        key=key.of(IdempotentOperation.RETRY_WEBHOOK_DELIVERIES, manager) if key else None,
        actor=actor_of(request, manager),
    )
    mark_replay(response, result)
    return result.result


@router.post(
    "/{delivery_id:uuid}/retry",
    operation_id="retry_webhook_delivery",
    summary="Send an event to an address again",
    description=described_by(RetryDelivery),
    response_description="The delivery, which is pending again.",
    response_model=DeliveryResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def retry_webhook_delivery(
    endpoint_id: EndpointIdInPath,
    delivery_id: DeliveryIdInPath,
    manager: WebhookManager,
    key: OptionalKey,
    request: Request,
    response: Response,
    retry_delivery: Annotated[RetryDelivery, from_container(GRAPH.webhooks.retry_delivery)],
) -> DeliveryView:
    outcome = await retry_delivery(
        EndpointId(endpoint_id),
        DeliveryId(delivery_id),
        key=key.of(IdempotentOperation.RETRY_WEBHOOK_DELIVERY, manager) if key else None,
        actor=actor_of(request, manager),
    )
    mark_replay(response, outcome)
    return outcome.result
