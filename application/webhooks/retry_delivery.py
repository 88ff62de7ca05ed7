from dataclasses import dataclass

from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, Receipt, receipt_for, replay_of
from application.unit_of_work import UnitOfWorkFactory
from application.webhooks.views import DeliveryView
from domain.shared.errors import NotFound
from domain.shared.ids import DeliveryId, EndpointId


@dataclass(frozen=True, slots=True)
class RetryDelivery:
    """Send an event to an endpoint again, at once: one that is dead, one that waits, or one that was delivered."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(
        self, endpoint_id: EndpointId, delivery_id: DeliveryId, *, key: IdempotencyKey | None
    ) -> Receipt[DeliveryView]:
        """Raise NotFound, IdempotencyKeyReused, IdempotencyInFlight."""
        async with self.unit_of_work() as work:
            if replay := await replay_of(work.idempotency, key, DeliveryView):
                await work.commit()
                return replay
            delivery = await work.webhooks.delivery(endpoint_id, delivery_id)
            if delivery is None:
                raise NotFound("There is no such delivery.")
            delivery.retry(now=self.clock.now())
            await work.webhooks.save(delivery)
            receipt = await receipt_for(work.idempotency, key, DeliveryView.of(delivery))
            await work.commit()
        return receipt
