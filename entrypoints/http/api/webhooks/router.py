"""Webhook endpoints."""

from datetime import timedelta
from typing import Annotated

from fastapi import Body, Query, Request, Response

from application.shared.idempotency import IdempotentOperation
from application.webhooks.change_endpoint import ChangeEndpoint, ChangeEndpointCommand
from application.webhooks.create_endpoint import CreateEndpoint, CreateEndpointCommand
from application.webhooks.delete_endpoint import DeleteEndpoint
from application.webhooks.queries import GetEndpoint, ListEndpoints
from application.webhooks.roll_endpoint_secret import RollEndpointSecret, RollEndpointSecretCommand
from application.webhooks.transfer_endpoint import TransferEndpoint
from application.webhooks.views import EndpointView, NewEndpointView
from domain.shared.ids import EndpointId, UserId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.webhooks.schemas import (
    ChangeEndpointRequest,
    CreateEndpointRequest,
    EndpointResponse,
    NewEndpointResponse,
    RollSecretRequest,
    TransferEndpointRequest,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.etags import NOT_MODIFIED, IfMatch, version_tag, with_etag
from entrypoints.http.representation.idempotency import OptionalKey, mark_replay
from entrypoints.http.representation.pagination import ListQuery, PageResponse, PageResult, RequestPaginator
from entrypoints.http.representation.path_parameters import EndpointIdInPath
from entrypoints.http.representation.response_headers import sends_headers
from entrypoints.http.routing.body import MERGE_PATCH
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import WebhookManager, WebhookTransferrer, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])


@router.post(
    "",
    operation_id="create_webhook_endpoint",
    summary="Have events sent to an address",
    description=described_by(CreateEndpoint),
    response_description="The new endpoint with its secret.",
    status_code=201,
    response_model=NewEndpointResponse,
    dependencies=[LimitWrites],
)
async def create_webhook_endpoint(
    body: CreateEndpointRequest,
    manager: WebhookManager,
    key: OptionalKey,
    request: Request,
    response: Response,
    create_endpoint: Annotated[CreateEndpoint, from_container(GRAPH.webhooks.create_endpoint)],
) -> NewEndpointView:
    outcome = await create_endpoint(
        CreateEndpointCommand(
            url=body.url,
            event_types=body.event_types,
            description=body.description,
            permissions=manager.permissions,
            actor=actor_of(request, manager),
            key=key.of(IdempotentOperation.CREATE_WEBHOOK_ENDPOINT, manager) if key else None,
        )
    )
    mark_replay(response, outcome)
    response.headers["Location"] = f"/v1/webhook-endpoints/{outcome.result.id}"
    response.headers["ETag"] = version_tag(outcome.result.version)
    return outcome.result


@router.get(
    "",
    operation_id="list_webhook_endpoints",
    summary="List where events are sent to",
    description=described_by(ListEndpoints),
    response_description="A page of endpoints.",
    response_model=PageResponse[EndpointResponse],
    dependencies=[LimitReads],
)
async def list_webhook_endpoints(
    query: Annotated[ListQuery, Query()],
    _manager: WebhookManager,
    paginator: RequestPaginator,
    list_endpoints: Annotated[ListEndpoints, from_container(GRAPH.webhooks.list_endpoints)],
) -> PageResult[EndpointView]:
    return paginator.page(query, await list_endpoints(after=paginator.position(query), limit=query.limit))


@router.get(
    "/{endpoint_id:uuid}",
    operation_id="get_webhook_endpoint",
    summary="Show an address that events are sent to",
    description=described_by(GetEndpoint),
    response_description="The endpoint.",
    response_model=EndpointResponse,
    responses={**problem_responses("not_found"), **NOT_MODIFIED},
    dependencies=[LimitReads],
)
async def get_webhook_endpoint(
    endpoint_id: EndpointIdInPath,
    _manager: WebhookManager,
    request: Request,
    response: Response,
    get_endpoint: Annotated[GetEndpoint, from_container(GRAPH.webhooks.get_endpoint)],
) -> EndpointView | Response:
    endpoint = await get_endpoint(EndpointId(endpoint_id))
    return with_etag(request, response, endpoint, endpoint.version)


@router.patch(
    "/{endpoint_id:uuid}",
    operation_id="change_webhook_endpoint",
    summary="Change, pause or resume an endpoint",
    description=described_by(ChangeEndpoint),
    response_description="The endpoint after the change.",
    response_model=EndpointResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def change_webhook_endpoint(
    endpoint_id: EndpointIdInPath,
    body: Annotated[ChangeEndpointRequest, Body(media_type=MERGE_PATCH)],
    expected_version: IfMatch,
    manager: WebhookManager,
    request: Request,
    response: Response,
    change_endpoint: Annotated[ChangeEndpoint, from_container(GRAPH.webhooks.change_endpoint)],
) -> EndpointView:
    endpoint = await change_endpoint(
        ChangeEndpointCommand(
            endpoint_id=EndpointId(endpoint_id),
            expected_version=expected_version,
            changes=body.changes(),
            permissions=manager.permissions,
            actor=actor_of(request, manager),
        )
    )
    response.headers["ETag"] = version_tag(endpoint.version)
    return endpoint


@router.delete(
    "/{endpoint_id:uuid}",
    operation_id="delete_webhook_endpoint",
    summary="Send no more events to an address",
    description=described_by(DeleteEndpoint),
    response_description="The endpoint is deleted.",
    status_code=204,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def delete_webhook_endpoint(
    endpoint_id: EndpointIdInPath,
    manager: WebhookManager,
    request: Request,
    delete_endpoint: Annotated[DeleteEndpoint, from_container(GRAPH.webhooks.delete_endpoint)],
) -> None:
    await delete_endpoint(EndpointId(endpoint_id), actor=actor_of(request, manager))


@router.post(
    "/{endpoint_id:uuid}/roll-secret",
    operation_id="roll_webhook_secret",
    summary="Replace the signing secret of an endpoint",
    description=described_by(RollEndpointSecret),
    response_description="The endpoint with its new secret.",
    response_model=NewEndpointResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
@sends_headers("ETag")
async def roll_webhook_secret(
    endpoint_id: EndpointIdInPath,
    body: RollSecretRequest,
    manager: WebhookManager,
    key: OptionalKey,
    request: Request,
    response: Response,
    roll_endpoint_secret: Annotated[RollEndpointSecret, from_container(GRAPH.webhooks.roll_endpoint_secret)],
) -> NewEndpointView:
    result = await roll_endpoint_secret(
        RollEndpointSecretCommand(
            endpoint_id=EndpointId(endpoint_id),
            overlap=timedelta(hours=body.overlap_hours),
            permissions=manager.permissions,
            actor=actor_of(request, manager),
            key=key.of(IdempotentOperation.ROLL_WEBHOOK_SECRET, manager) if key else None,
        )
    )
    mark_replay(response, result)
    response.headers["ETag"] = version_tag(result.result.version)
    return result.result


@router.post(
    "/{endpoint_id:uuid}/transfer",
    operation_id="transfer_webhook_endpoint",
    summary="Give an endpoint another owner",
    description=described_by(TransferEndpoint),
    response_description="The endpoint with its new owner.",
    response_model=EndpointResponse,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
@sends_headers("ETag")
async def transfer_webhook_endpoint(
    endpoint_id: EndpointIdInPath,
    body: TransferEndpointRequest,
    admin: WebhookTransferrer,
    key: OptionalKey,
    request: Request,
    response: Response,
    transfer_endpoint: Annotated[TransferEndpoint, from_container(GRAPH.webhooks.transfer_endpoint)],
) -> EndpointView:
    result = await transfer_endpoint(
        EndpointId(endpoint_id),
        owner_id=UserId(body.owner_id),
        key=key.of(IdempotentOperation.TRANSFER_WEBHOOK_ENDPOINT, admin) if key else None,
        actor=actor_of(request, admin),
    )
    mark_replay(response, result)
    response.headers["ETag"] = version_tag(result.result.version)
    return result.result
