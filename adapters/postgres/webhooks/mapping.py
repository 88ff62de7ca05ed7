from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import WebhookEndpointRow
from adapters.postgres.core.secret_columns import place_of
from application.webhooks.views import EndpointView
from domain.shared.ids import DeliveryId, EndpointId, EventId
from domain.webhooks.delivery import Attempt, Delivery, DeliveryStatus
from domain.webhooks.endpoint import WebhookEndpoint


def endpoint_values(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "secret": endpoint.secret,
        "created_at": endpoint.created_at,
        "owner_id": endpoint.owner_id,
        "blocked_at": endpoint.blocked_at,
    }


def place_of_secret(endpoint_id: EndpointId) -> str:
    return place_of(WebhookEndpointRow.__tablename__, endpoint_id)


def endpoint_view(row: ResultRow) -> EndpointView:
    return EndpointView(
        id=EndpointId(row.id),
        url=row.url,
        event_types=tuple(row.event_types),
        created_at=row.created_at,
        owner_id=row.owner_id,
        blocked_at=row.blocked_at,
    )


def attempt_values(delivery: Delivery) -> dict[str, object]:
    """Return what attempts change."""
    last = delivery.last_attempt
    return {
        "status": delivery.status,
        "attempts": delivery.attempts,
        "due_at": delivery.due_at,
        "attempted_at": last.at if last else None,
        "last_status": last.status if last else None,
        "last_error": last.error if last else None,
    }


def delivery_from(row: ResultRow) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        endpoint_id=EndpointId(row.endpoint_id),
        event_id=EventId(row.event_id),
        event_type=row.event_type,
        position=row.position,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        due_at=row.due_at,
        last_attempt=Attempt(row.attempted_at, row.last_status, row.last_error) if row.attempted_at else None,
        created_at=row.created_at,
    )
