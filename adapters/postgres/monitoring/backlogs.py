from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import (
    DateTime,
    Executable,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import (
    MailNoticeRow,
    MailRequestRow,
    OrderRow,
    OutboxRow,
    PaymentRow,
    RefundRow,
    SignUpRow,
    WebhookDeliveryHeadRow,
    WebhookEndpointRow,
)
from application.monitoring.ports import AGES, MAX_COUNTED, Backlog, Backlogs, EndpointState, Queue, RelayLag
from domain.orders.lifecycle import OrderStatus
from domain.payments.payment import PaymentStatus

_NOW = bindparam("at_0", type_=DateTime(timezone=True))
_DUE_OF_ENDPOINT = (
    select(WebhookDeliveryHeadRow.due_at)
    .where(WebhookDeliveryHeadRow.endpoint_id == WebhookEndpointRow.id, WebhookDeliveryHeadRow.due_at <= _NOW)
    .order_by(WebhookDeliveryHeadRow.due_at)
    .limit(MAX_COUNTED)
    .lateral()
)
_MAIL = union_all(
    *(
        select(row.requested_at.label("since"))
        .where(row.due_at <= _NOW, row.set_aside_at.is_(None))
        .order_by(row.due_at)
        .limit(MAX_COUNTED)
        for row in (MailRequestRow, MailNoticeRow)
    ),
    select(SignUpRow.requested_at.label("since"))
    .where(SignUpRow.mail_due_at <= _NOW, SignUpRow.mail_set_aside_at.is_(None))
    .order_by(SignUpRow.mail_due_at)
    .limit(MAX_COUNTED),
).subquery()
_WAITING: Mapping[Queue, Select[datetime]] = {
    Queue.UNPUBLISHED_EVENTS: select(OutboxRow.occurred_at.label("since")).where(
        OutboxRow.position.is_(None)
    ),
    Queue.WEBHOOK_DELIVERIES: select(_DUE_OF_ENDPOINT.c.due_at.label("since"))
    .select_from(WebhookEndpointRow)
    .join(_DUE_OF_ENDPOINT, true())
    .where(WebhookEndpointRow.paused_at.is_(None)),
    Queue.MAIL: select(_MAIL.c.since),
    Queue.PENDING_PAYMENTS: select(PaymentRow.requested_at.label("since")).where(
        # The first two conditions are those of a partial index, so that PostgreSQL can use the index.
        PaymentRow.decided_at.is_(None),
        ~PaymentRow.predates_sole_payment,
        PaymentRow.status != PaymentStatus.AUTHORIZED,
    ),
    Queue.PENDING_REFUNDS: select(RefundRow.requested_at.label("since")).where(
        RefundRow.inquire_at.is_not(None)
    ),
    Queue.EXPIRED_HOLDS: select(OrderRow.expires_at.label("since"))
    .where(OrderRow.status == OrderStatus.PENDING_PAYMENT, OrderRow.expires_at <= _NOW)
    .order_by(OrderRow.expires_at),
}


def _counted(waiting: Select[datetime]) -> Executable:
    """Return a statement that counts waiting items by age.

    The statement returns one count for each age in AGES, and the time at which the oldest item began to wait.
    """
    since = waiting.limit(MAX_COUNTED).subquery().c.since
    at_least = (
        func.count()
        .filter(since <= bindparam(f"at_{place}", type_=DateTime(timezone=True)))
        .label(f"count_{place}")
        for place in range(len(AGES))
    )
    return select(func.min(since).label("earliest"), *at_least)


_BACKLOGS = {queue: _counted(waiting) for queue, waiting in _WAITING.items()}

_RELAY_LAG = text("""
    WITH reached AS (
        SELECT coalesce(
            (SELECT position FROM event_relays JOIN outbox ON outbox.id = event_relays.after WHERE publisher = :publisher),
            (SELECT min(position) - 1 FROM outbox),
            0
        ) AS position
    )
    SELECT
        coalesce((SELECT max(position) FROM outbox), reached.position) - reached.position AS events,
        (SELECT occurred_at FROM outbox WHERE outbox.position > reached.position ORDER BY position LIMIT 1) AS earliest
    FROM reached
""")

_STATE = case(
    (WebhookEndpointRow.blocked_at.is_not(None), EndpointState.BLOCKED),
    (WebhookEndpointRow.paused_at.is_not(None), EndpointState.PAUSED),
    (WebhookEndpointRow.failing_since.is_not(None), EndpointState.FAILING),
    else_=EndpointState.DELIVERING,
).label("state")
_ENDPOINTS = select(_STATE, func.count().label("endpoints")).group_by(literal_column("state"))


class PostgresBacklogs(Backlogs):
    """Queries of waiting work in PostgreSQL.

    Each query reads only an index of waiting rows. It reads at most MAX_COUNTED rows per table or endpoint.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def of(self, queue: Queue, *, now: datetime) -> Backlog:
        times = {f"at_{place}": now - age for place, age in enumerate(AGES)}
        [row] = await self._reader.all(_BACKLOGS[queue], times)
        counts = tuple(getattr(row, f"count_{place}") for place in range(len(AGES)))
        return Backlog(counts, _age(row.earliest, now))

    async def relay_lag(self, publisher: str, *, now: datetime) -> RelayLag:
        [row] = await self._reader.all(_RELAY_LAG, {"publisher": publisher})
        return RelayLag(row.events, _age(row.earliest, now))

    async def endpoints(self) -> Mapping[EndpointState, int]:
        found = {row.state: row.endpoints for row in await self._reader.all(_ENDPOINTS)}
        return {state: found.get(state, 0) for state in EndpointState}


def _age(earliest: datetime | None, now: datetime) -> timedelta:
    return timedelta(0) if earliest is None else max(timedelta(0), now - earliest)
