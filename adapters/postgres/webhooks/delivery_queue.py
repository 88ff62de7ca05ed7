from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    CursorResult,
    Executable,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import (
    OutboxRow,
    WebhookDeliveryHeadRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from adapters.postgres.core.secret_columns import SecretColumns
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from adapters.postgres.events.mapping import event_from
from adapters.postgres.webhooks.mapping import attempt_values, delivery_from, endpoint_from
from application.events.views import PublishedEvent
from application.shared.ports import IdFactory
from application.shared.secrets import SecretBox
from application.webhooks.ports import DeliveryQueue, DueDelivery, Round
from domain.shared.ids import EndpointId
from domain.webhooks.delivery import Delivery, DeliveryStatus

_GIVEN = UnnestedRows(
    "given_deliveries", columns_of(WebhookDeliveryRow, without={"attempted_at", "last_status", "last_error"})
)
_ENDPOINTS = select(WebhookEndpointRow.id, WebhookEndpointRow.event_types)
_PUT = (
    insert(WebhookDeliveryRow)
    .from_select(
        [column.name for column in _GIVEN.table.columns],
        # The join skips endpoints that were removed after they were looked up.
        select(_GIVEN.table).join(WebhookEndpointRow, WebhookEndpointRow.id == _GIVEN.c.endpoint_id),
    )
    .on_conflict_do_nothing(index_elements=["endpoint_id", "event_id"])
)

_EARLIEST_DUE = (
    select(func.min(WebhookDeliveryHeadRow.due_at))
    .where(WebhookDeliveryHeadRow.endpoint_id == WebhookEndpointRow.id)
    .scalar_subquery()
)
_LEAST_SERVED = (
    select(WebhookEndpointRow.id)
    .where(
        WebhookEndpointRow.paused_at.is_(None),
        or_(WebhookEndpointRow.leased_until.is_(None), WebhookEndpointRow.leased_until <= bindparam("now")),
        # To find the earliest due time, PostgreSQL reads one entry of an index. With EXISTS instead, PostgreSQL could
        # choose a join that reads all heads.
        bindparam("now") >= _EARLIEST_DUE,
    )
    .order_by(WebhookEndpointRow.served_at.asc().nulls_first(), WebhookEndpointRow.created_at)
    .limit(1)
    .with_for_update(skip_locked=True, of=WebhookEndpointRow)
)
_LEASE = (
    update(WebhookEndpointRow)
    .where(WebhookEndpointRow.id == _LEAST_SERVED.scalar_subquery())
    .values(leased_until=bindparam("until"))
    .returning(*columns_of(WebhookEndpointRow, without={"served_at", "leased_until"}))
)
_NEXT_DELIVERIES = (
    select(*columns_of(WebhookDeliveryRow))
    .join(
        WebhookDeliveryHeadRow,
        and_(
            WebhookDeliveryHeadRow.endpoint_id == WebhookDeliveryRow.endpoint_id,
            WebhookDeliveryHeadRow.position == WebhookDeliveryRow.position,
        ),
    )
    .where(
        WebhookDeliveryHeadRow.endpoint_id == bindparam("endpoint"),
        WebhookDeliveryHeadRow.due_at <= bindparam("now"),
    )
    .order_by(WebhookDeliveryHeadRow.due_at, WebhookDeliveryHeadRow.position)
    .limit(bindparam("limit"))
)
_EVENTS = select(*columns_of(OutboxRow, without={"data"}), cast(OutboxRow.data, Text).label("data")).where(
    OutboxRow.id.in_(bindparam("events", expanding=True))
)
_NOTE = update(WebhookDeliveryRow).where(WebhookDeliveryRow.id == bindparam("delivery"))
_GIVE_BACK = (
    update(WebhookEndpointRow)
    .where(
        WebhookEndpointRow.id == bindparam("endpoint"), WebhookEndpointRow.leased_until == bindparam("until")
    )
    .values(
        leased_until=null(),
        served_at=bindparam("now"),
        # The service does not use an expired secret. It is deleted, so that an attacker cannot read it from the
        # database.
        former_secret=case(
            (
                WebhookEndpointRow.former_secret_expires_at > bindparam("now"),
                WebhookEndpointRow.former_secret,
            ),
            else_=null(),
        ),
    )
)
_GIVE_BACK_BY_RESULT = {
    None: _GIVE_BACK,
    False: _GIVE_BACK.values(failing_since=null()),
    True: _GIVE_BACK.values(failing_since=func.coalesce(WebhookEndpointRow.failing_since, bindparam("now"))),
}


class PostgresDeliveryQueue(DeliveryQueue):
    def __init__(self, engine: AsyncEngine, ids: IdFactory, secret_box: SecretBox) -> None:
        self._engine = engine
        self._ids = ids
        self._reader = AutocommitReader(engine)
        self._columns = SecretColumns(secret_box)

    async def put(self, events: Sequence[PublishedEvent], *, now: datetime) -> None:
        endpoints = await self._reader.all(_ENDPOINTS)
        wanted = [
            self._values(event, EndpointId(endpoint.id), now)
            for event in events
            for endpoint in endpoints
            if not endpoint.event_types or event.type in endpoint.event_types
        ]
        if wanted:
            await self._write(_PUT, _GIVEN.parameters(wanted))

    async def take(self, *, now: datetime, until: datetime, limit: int) -> Round | None:
        with translated():
            async with self._engine.begin() as connection:
                leased = await connection.execute(_LEASE, {"now": now, "until": until})
                row = leased.one_or_none()
                if row is None:
                    return None
                parameters = {"endpoint": row.id, "now": now, "limit": limit}
                heads = await connection.execute(_NEXT_DELIVERIES, parameters)
                deliveries = [delivery_from(head) for head in heads]
                wanted = [delivery.event_id for delivery in deliveries]
                found = await connection.execute(_EVENTS, {"events": wanted})
                events = {row.id: event_from(row) for row in found}
        due = [DueDelivery(delivery, events[delivery.event_id]) for delivery in deliveries]
        endpoint = endpoint_from(row, self._columns)
        return Round(
            endpoint_id=endpoint.id,
            url=endpoint.url,
            secrets=endpoint.signing_secrets(now),
            leased_until=until,
            deliveries=due,
            event_types=endpoint.event_types,
            owner_id=endpoint.owner_id,
            is_blocked=endpoint.blocked_at is not None,
            failing_since=endpoint.failing_since,
        )

    async def note(self, delivery: Delivery) -> None:
        await self._write(_NOTE.values(attempt_values(delivery)), {"delivery": delivery.id})

    async def give_back(self, taken: Round, *, now: datetime, failed: bool | None = None) -> None:
        parameters = {"endpoint": taken.endpoint_id, "until": taken.leased_until, "now": now}
        await self._write(_GIVE_BACK_BY_RESULT[failed], parameters)

    def _values(self, event: PublishedEvent, endpoint_id: EndpointId, now: datetime) -> dict[str, object]:
        return {
            "id": self._ids.new(),
            "endpoint_id": endpoint_id,
            "event_id": event.id,
            "event_type": event.type,
            "aggregate_id": event.aggregate_id,
            "position": event.position,
            "status": DeliveryStatus.PENDING,
            "attempts": 0,
            "due_at": now,
            "created_at": now,
        }

    async def _write(self, statement: Executable, parameters: Mapping[str, object]) -> CursorResult[object]:
        with translated():
            async with self._engine.begin() as connection:
                return await connection.execute(statement, parameters)
