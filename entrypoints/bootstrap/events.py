"""The event feed, and the relays from the outbox to webhooks and NATS."""

from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.tracing.tracing import Tracing
from application.events.queries import ListEvents
from application.events.relay_events import RelayEvents
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from entrypoints.bootstrap.tracing import traced_publisher
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


class Events(containers.DeclarativeContainer):
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdFactory] = providers.Dependency()
    database = providers.DependenciesContainer()
    tracing: providers.Dependency[Tracing] = providers.Dependency()
    webhooks = providers.DependenciesContainer()

    list_events = providers.Singleton(ListEvents, feed=database.event_feed)
    relay_to_webhooks = providers.Singleton(
        RelayEvents,
        feed=database.event_feed,
        progress=database.relay_progress,
        publisher=webhooks.queue_deliveries,
        clock=clock,
        ids=ids,
    )
    nats_publisher = providers.Singleton(_nats_publisher, settings=settings)
    relay_to_nats = providers.Singleton(
        RelayEvents,
        feed=database.event_feed,
        progress=database.relay_progress,
        publisher=providers.Singleton(traced_publisher, tracing=tracing, publisher=nats_publisher),
        clock=clock,
        ids=ids,
    )
