"""Webhooks of payment providers."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Path, Request
from starlette.responses import Response

from application.payments.provider_ports import UnverifiedMessage
from application.payments.receive_provider_message import ReceiveProviderMessage
from domain.shared.actor import Actor
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.routing.body import JSON, MAX_BODY_BYTES, StrictRequest, ensure_readable
from entrypoints.http.routing.strict_route import StrictRoute
from entrypoints.http.routing.strict_router import StrictRouter


class RawRoute(StrictRoute):
    """A route whose endpoint reads the raw body. The size of the body is bounded.

    The Content-Type must be JSON.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_bounded(request: Request) -> Response:
            ensure_readable(request, (JSON,))
            request = StrictRequest(request.scope, request.receive, MAX_BODY_BYTES)
            # The body must be complete before `handle` starts, because `handle` continues even if the client
            # disconnects.
            await request.body()
            return await handle(request)

        return handle_bounded


router = StrictRouter(prefix="/v1/webhooks/payments", tags=["payments"], route_class=RawRoute)


@router.post(
    "/{provider}",
    operation_id="receive_provider_message",
    summary="Tell the shop about a payment",
    description=described_by(ReceiveProviderMessage),
    response_description="The message is recorded, or was recorded before.",
    status_code=204,
    responses=problem_responses(
        "invalid_signature",
        "not_found",
        "body_too_large",
        "unsupported_media_type",
        "validation_failed",
    ),
    openapi_extra={
        "requestBody": {
            "description": "As the provider sends it, with the headers that bear its signature.",
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def receive_provider_message(
    provider: Annotated[
        str, Path(json_schema_extra={"maxLength": 100}, description="The name of the payment provider.")
    ],
    request: Request,
    receive_provider_message: Annotated[
        ReceiveProviderMessage, from_container(GRAPH.payments.receive_provider_message)
    ],
) -> None:
    message = UnverifiedMessage(headers=dict(request.headers), body=await request.body())
    await receive_provider_message(provider, message, actor=Actor(None, request.state.recorded_id))
