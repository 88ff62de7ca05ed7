from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.ports import UndeliveredFilter
from application.webhooks.views import RetriedView
from domain.shared.actor import Actor
from domain.shared.errors import NotFound, ValidationFailed, Violation

MAX_RETRIED = 1000
"""The maximum number of deliveries in one request. The limit keeps the transaction short."""


@dataclass(frozen=True, slots=True)
class RetryDeliveries:
    """Make the undelivered deliveries of a time window due now.

    A delivery is undelivered if it is dead, or if it is pending and not due yet. `since` and `until` limit the time
    at which a delivery was created.

    One request schedules at most 1000 deliveries, the oldest first. If `has_more` is true, send the request again
    with another idempotency key.

    While an earlier event of the same order, product or user is pending, later events wait.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(
        self, which: UndeliveredFilter, *, key: IdempotencyKey | None, actor: Actor
    ) -> IdempotentResult[RetriedView]:
        """Return the number of scheduled deliveries.

        Raises NotFound, ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight.
        """
        if which.since >= which.until:
            violation = Violation(("until",), "out_of_range", "The window has to end after it begins.")
            raise ValidationFailed("The window is empty.", violations=[violation])
        async with self.unit_of_work(actor) as work:
            return await run_once(work, key, RetriedView, lambda: self._retry(work, which))

    async def _retry(self, work: UnitOfWork, which: UndeliveredFilter) -> RetriedView:
        if await work.webhooks.peek(which.endpoint_id) is None:
            raise NotFound("There is no such webhook endpoint.")
        now = self.clock.now()
        retried = await work.webhooks.retry_undelivered(which, limit=MAX_RETRIED, now=now)
        work.audit.record(
            AuditAction.WEBHOOK_ENDPOINT_DELIVERIES_RETRIED, which.endpoint_id, at=now, retried=retried
        )
        return RetriedView(retried=retried, has_more=retried == MAX_RETRIED)
