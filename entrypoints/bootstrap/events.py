"""The event feed, and the relays from the outbox to webhooks and NATS."""

from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.tracing.tracing import Tracing
from application.events.queries import ListEvents
from application.events.relay_events import RelayEvents
from application.shared.ports import Clock, IdFactory
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.tracing import traced_publisher
from entrypoints.bootstrap.webhooks import Webhooks
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from adapters.publishers.nats import NatsPublisher


def _nats_publisher(settings: Settings) -> "NatsPublisher":
    from adapters.publishers.nats import NatsPublisher  # noqa: PLC0415 - imported only where it is used, because loading takes time

    return NatsPublisher(
        settings.nats_servers,
        stream=settings.nats_stream,
        prefix=settings.nats_subject_prefix,
        source=settings.token_issuer,
    )


class Events(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        database: Database,
        tracing: providers.Provider[Tracing],
        webhooks: Webhooks,
    ) -> None:
        super().__init__()
        self.list_events = providers.Singleton(ListEvents, feed=database.event_feed)
        self.relay_to_webhooks = providers.Singleton(
            RelayEvents,
            feed=database.event_feed,
            progress=database.relay_progress,
            publisher=webhooks.queue_deliveries,
            clock=clock,
            ids=ids,
        )
        self.nats_publisher = providers.Singleton(_nats_publisher, settings=settings)
        self.relay_to_nats = providers.Singleton(
            RelayEvents,
            feed=database.event_feed,
            progress=database.relay_progress,
            publisher=providers.Singleton(traced_publisher, tracing=tracing, publisher=self.nats_publisher),
            clock=clock,
            ids=ids,
        )
