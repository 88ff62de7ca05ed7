"""The composition root: the parts of the service and their dependencies."""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from dependency_injector.containers import Container as AnyContainer
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Container as Nested
from dependency_injector.providers import DependenciesContainer, Dependency, Object, Provider, Singleton

from adapters.postgres.core.database_clock import DatabaseClock
from adapters.postgres.core.schema_revision import RELEASE
from adapters.system import SystemRandomness, UuidV7Factory
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

C = TypeVar("C", bound=AnyContainer)


def part(container: type[C], **dependencies: object) -> C:
    """Nest a container.

    The returned provider is typed as the container, because it has the container's attributes.
    """
    return cast(C, Nested(container, **dependencies))


class Container(DeclarativeContainer):
    """The dependency injection container. It creates each object once, when the object is first used.

    All requests can use the same objects.
    """

    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    clock = Singleton(DatabaseClock)
    ids = Singleton(UuidV7Factory)
    randomness = Singleton(SystemRandomness)
    metrics = Singleton(create_metrics, directory=settings.provided.metrics_dir)
    release = Object(RELEASE)
    job_health = Singleton(JobHealth)
    tracing = Singleton(create_tracing)

    security = part(Security, settings=settings, clock=clock)
    database = part(
        Database,
        tracing=tracing,
        settings=settings,
        clock=clock,
        ids=ids,
        security=security,
        metrics=metrics,
    )
    signing = part(Signing, settings=settings, clock=clock, ids=ids, database=database)
    mail = part(Mail, settings=settings, clock=clock, randomness=randomness, database=database)
    retention = part(Retention, settings=settings, clock=clock, database=database)
    checks = part(Checks, clock=clock, database=database)

    users = part(Users, clock=clock, ids=ids, database=database, security=security, signing=signing)
    sessions = part(
        Sessions,
        settings=settings,
        clock=clock,
        ids=ids,
        randomness=randomness,
        database=database,
        security=security,
        signing=signing,
        users=users,
    )
    clients = part(
        Clients,
        clock=clock,
        ids=ids,
        randomness=randomness,
        database=database,
        security=security,
        signing=signing,
    )
    catalog = part(Catalog, clock=clock, ids=ids, database=database)
    orders = part(
        Orders,
        tracing=tracing,
        settings=settings,
        clock=clock,
        ids=ids,
        database=database,
        metrics=metrics,
    )
    payments = part(
        Payments, tracing=tracing, settings=settings, clock=clock, ids=ids, database=database, orders=orders
    )
    webhooks = part(
        Webhooks,
        tracing=tracing,
        settings=settings,
        clock=clock,
        ids=ids,
        database=database,
        security=security,
    )
    events = part(
        Events, tracing=tracing, settings=settings, clock=clock, ids=ids, database=database, webhooks=webhooks
    )
    audit = part(Audit, database=database)


def named_providers(container: AnyContainer | type[AnyContainer]) -> Iterator[tuple[str, Provider[Any]]]:
    """Yield every provider of a container and of its nested containers, with its dotted name."""
    for name, provider in container.providers.items():
        if isinstance(provider, Nested):
            yield from ((f"{name}.{inner}", found) for inner, found in named_providers(provider.container))
        elif not isinstance(provider, DependenciesContainer):
            yield name, provider
