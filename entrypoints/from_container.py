"""Injection of objects from the container into a route.

The form is `Annotated[PlaceOrder, from_container(GRAPH.orders.place_order)]`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

from dependency_injector.providers import Provider
from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from entrypoints.bootstrap.root import GRAPH, named_providers
from entrypoints.http.routing.dependency_options import ImmediateDependency

_ENGINES = (GRAPH.database.engine, GRAPH.database.public_read_engine)


@cache
def _names() -> Mapping[Provider[Any], str]:
    """Return the name of each provider of the container."""
    return {provider: name for name, provider in named_providers(GRAPH)}


def from_container(provider: Provider[Any]) -> Dependency:
    """Return a dependency on a provider of the container.

    A test can replace the object in two ways. It can override the provider of the app's container, or the dependency
    itself:

        app.state.container.orders.place_order.override(fake)
        app.dependency_overrides[FromContainer.of(GRAPH.orders.place_order)] = lambda: fake
    """
    dependency: Dependency = Depends(FromContainer.of(provider))
    return dependency


@dataclass
class FromContainer(ImmediateDependency):
    """A dependency that finds a provider of the container `app.state.container` by name."""

    name: str
    problems: tuple[str, ...] = field(default=(), compare=False)
    _app: object = field(default=None, init=False, repr=False, compare=False)
    _provider: Provider[Any] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, provider: Provider[Any]) -> "FromContainer":
        """Return the dependency for a provider of the container.

        If the provider needs the database, the route documents the problems that the database can cause.
        """
        name = _names()[provider]
        parts: Iterator[Provider[Any]] = provider.traverse()
        needs_database = any(part in _ENGINES for part in parts)
        return cls(name, ("overloaded", "database_unavailable") if needs_database else ())

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def __problems__(self) -> tuple[str, ...]:
        return self.problems

    def resolve(self, request: Request) -> Any:  # noqa: ANN401 - the annotation of the route's parameter states the type
        """Return the object of the provider.

        Finding a provider by name takes time, so the provider of the most recent app is cached.
        """
        app = request.scope["app"]
        if self._provider is None or self._app is not app:
            self._app, self._provider = app, attrgetter(self.name)(app.state.container)
        return self._provider()
