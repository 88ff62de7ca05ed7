"""The composition root: the parts of the service and their dependencies."""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from dependency_injector.containers import DynamicContainer
from dependency_injector.providers import Container as Nested
from dependency_injector.providers import Dependency, Object, Provider, Singleton

from adapters.postgres.core.database_clock import DatabaseClock
from adapters.postgres.core.schema_revision import RELEASE
from adapters.system import SystemRandomness, UuidV7Factory
from application.shared.ports import Clock, IdFactory, Randomness
from entrypoints.bootstrap.audit import Audit
from entrypoints.bootstrap.catalog import Catalog
from entrypoints.bootstrap.checks import Checks
from entrypoints.bootstrap.clients import Clients
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.events import Events
from entrypoints.bootstrap.mail import Mail
from entrypoints.bootstrap.orders import Orders
from entrypoints.bootstrap.payments import Payments
from entrypoints.bootstrap.retention import Retention
from entrypoints.bootstrap.security import Security
from entrypoints.bootstrap.sessions import Sessions
from entrypoints.bootstrap.signing import Signing
from entrypoints.bootstrap.tracing import create_tracing
from entrypoints.bootstrap.users import Users
from entrypoints.bootstrap.webhooks import Webhooks
from entrypoints.job_health import JobHealth
from entrypoints.metrics.metrics import create_metrics
from entrypoints.settings import Settings

C = TypeVar("C", bound=DynamicContainer)


def part(container: C) -> C:
    """Nest `container` in the root container.

    At run time, the result is a provider with the attributes of `container`. For type checkers, the result has the
    type of `container`.
    """
    return cast(C, Nested(type(container), container))


class Container(DynamicContainer):
    """The dependency injection container.

    Each object is created when it is first used. All requests share these objects.
    """

    def __init__(self, *, settings: Settings | None = None) -> None:
        """Define all providers of the container. A container without settings cannot create objects."""
        super().__init__()
        self.settings = Dependency(instance_of=Settings, default=settings)
        self.clock: Singleton[Clock] = Singleton(DatabaseClock)
        self.ids: Singleton[IdFactory] = Singleton(UuidV7Factory)
        self.randomness: Singleton[Randomness] = Singleton(SystemRandomness)
        clock, ids, randomness = self.clock, self.ids, self.randomness
        metrics = self.metrics = Singleton(create_metrics, directory=self.settings.provided.metrics_dir)
        self.release = Object(RELEASE)
        self.job_health = Singleton(JobHealth)
        tracing = self.tracing = Singleton(create_tracing)

        security = self.security = part(Security(settings=self.settings, clock=clock))
        database = self.database = part(
            Database(
                tracing=tracing,
                settings=self.settings,
                clock=clock,
                ids=ids,
                security=security,
                metrics=metrics,
            )
        )
        signing = self.signing = part(
            Signing(settings=self.settings, clock=clock, ids=ids, database=database)
        )
        self.mail = part(Mail(settings=self.settings, clock=clock, randomness=randomness, database=database))
        self.retention = part(Retention(settings=self.settings, clock=clock, database=database))
        self.checks = part(Checks(clock=clock, database=database))

        users = self.users = part(
            Users(clock=clock, ids=ids, database=database, security=security, signing=signing)
        )
        self.sessions = part(
            Sessions(
                settings=self.settings,
                clock=clock,
                ids=ids,
                randomness=randomness,
                database=database,
                security=security,
                signing=signing,
                users=users,
            )
        )
        self.clients = part(
            Clients(
                clock=clock,
                ids=ids,
                randomness=randomness,
                database=database,
                security=security,
                signing=signing,
            )
        )
        self.catalog = part(Catalog(clock=clock, ids=ids, database=database))
        orders = self.orders = part(
            Orders(
                tracing=tracing,
                settings=self.settings,
                clock=clock,
                ids=ids,
                database=database,
                metrics=metrics,
            )
        )
        self.payments = part(
            Payments(
                tracing=tracing,
                settings=self.settings,
                clock=clock,
                ids=ids,
                database=database,
                orders=orders,
            )
        )
        webhooks = self.webhooks = part(
            Webhooks(
                tracing=tracing,
                settings=self.settings,
                clock=clock,
                ids=ids,
                database=database,
                security=security,
            )
        )
        self.events = part(
            Events(
                tracing=tracing,
                settings=self.settings,
                clock=clock,
                ids=ids,
                database=database,
                webhooks=webhooks,
            )
        )
        self.audit = part(Audit(database=database))


GRAPH = Container()
"""A container without settings. Routes refer to their dependencies by the providers of this container."""


def named_providers(container: DynamicContainer) -> Iterator[tuple[str, Provider[Any]]]:
    """Yield every provider of a container and its nested containers, with the provider's dotted name."""
    for name, provider in container.providers.items():
        if isinstance(provider, Nested):
            yield from ((f"{name}.{inner}", found) for inner, found in named_providers(provider.container))
        else:
            yield name, provider
