from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import WebhookEndpointRow
from adapters.postgres.core.secret_columns import SecretColumns, place_of
from application.webhooks.views import EndpointView
from domain.shared.ids import DeliveryId, EndpointId, EventId
from domain.webhooks.delivery import Attempt, Delivery, DeliveryStatus
from domain.webhooks.endpoint import WebhookEndpoint


def endpoint_values(endpoint: WebhookEndpoint, columns: SecretColumns) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "description": endpoint.description,
        "secret": columns.seal(endpoint.secret, place=place_of_secret(endpoint.id)),
        "former_secret": columns.seal(endpoint.former_secret, place=place_of_secret(endpoint.id))
        if endpoint.former_secret
        else None,
        "former_secret_expires_at": endpoint.former_secret_expires_at,
        "created_at": endpoint.created_at,
        "owner_id": endpoint.owner_id,
        "blocked_at": endpoint.blocked_at,
        "paused_at": endpoint.paused_at,
        "failing_since": endpoint.failing_since,
        "version": endpoint.version,
    }


def endpoint_from(row: ResultRow, columns: SecretColumns) -> WebhookEndpoint:
    place = place_of_secret(EndpointId(row.id))
    return WebhookEndpoint(
        id=EndpointId(row.id),
        url=row.url,
        event_types=tuple(row.event_types),
        description=row.description,
        secret=columns.open(row.secret, place=place),
        former_secret=columns.open(row.former_secret, place=place) if row.former_secret else None,
        former_secret_expires_at=row.former_secret_expires_at,
        created_at=row.created_at,
        owner_id=row.owner_id,
        blocked_at=row.blocked_at,
        paused_at=row.paused_at,
        failing_since=row.failing_since,
        version=row.version,
    )


def place_of_secret(endpoint_id: EndpointId) -> str:
    return place_of(WebhookEndpointRow.__tablename__, endpoint_id)


def endpoint_view(row: ResultRow) -> EndpointView:
    return EndpointView(
        id=EndpointId(row.id),
        url=row.url,
        event_types=tuple(row.event_types),
        created_at=row.created_at,
        description=row.description,
        owner_id=row.owner_id,
        blocked_at=row.blocked_at,
        paused_at=row.paused_at,
        former_secret_expires_at=row.former_secret_expires_at,
        version=row.version,
    )


def attempt_values(delivery: Delivery) -> dict[str, object]:
    """Return the columns that a delivery attempt changes."""
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
