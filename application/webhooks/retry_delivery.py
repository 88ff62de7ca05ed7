from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.views import DeliveryView
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import DeliveryId, EndpointId


@dataclass(frozen=True, slots=True)
class RetryDelivery:
    """Make a delivery due now, whether its status is dead, pending or delivered."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(
        self, endpoint_id: EndpointId, delivery_id: DeliveryId, *, key: IdempotencyKey | None, actor: Actor
    ) -> IdempotentResult[DeliveryView]:
        """Return the delivery. Raises NotFound, IdempotencyKeyReused, IdempotencyInFlight."""
        async with self.unit_of_work(actor) as work:
            return await run_once(
                work, key, DeliveryView, lambda: self._retry(work, endpoint_id, delivery_id)
            )

    async def _retry(
        self, work: UnitOfWork, endpoint_id: EndpointId, delivery_id: DeliveryId
    ) -> DeliveryView:
        delivery = await work.webhooks.delivery(endpoint_id, delivery_id)
        if delivery is None:
            raise NotFound("There is no such delivery.")
        now = self.clock.now()
        delivery.retry(now=now)
        await work.webhooks.save_delivery(delivery)
        work.audit.record(
            AuditAction.WEBHOOK_DELIVERY_RETRIED,
            delivery.id,
            at=now,
            endpoint_id=str(endpoint_id),
            event_type=delivery.event_type,
        )
        return DeliveryView.of(delivery)
