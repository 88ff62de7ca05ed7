"""From the container to a route's parameter, without decorators or wiring."""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from dependency_injector.providers import Provider
from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from entrypoints.bootstrap.root import Container, named_providers
from entrypoints.http.problems.openapi import raises_problems

_ENGINES = (Container.database.engine, Container.database.public_read_engine)
_NAMES: dict[Callable[..., Any], str] = {}


def provided(provider: Provider[Any]) -> Dependency:
    """Return a dependency on what a provider of the container provides, as in `provided(Container.orders.place_order)`.

    It asks the container of the app that serves the request, so that a test can override the provider there. What
    has the database behind it is marked with what the database can refuse.
    """
    name = name_of(provider)
    find = attrgetter(name)

    async def provide(request: Request) -> Any:  # noqa: ANN401 - the route's annotation says what it is
        return find(request.app.state.container)()

    parts: Iterator[Provider[Any]] = provider.traverse()
    if any(part in _ENGINES for part in parts):
        provide = raises_problems("overloaded", "database_unavailable")(provide)
    _NAMES[provide] = name
    dependency: Dependency = Depends(provide)
    return dependency


def name_of(provider: Provider[Any]) -> str:
    """Return the name of a provider of the container or of one of its parts, as in `orders.place_order`."""
    return next(name for name, known in named_providers(Container) if known is provider)


def provider_name(dependency: Callable[..., Any]) -> str | None:
    """Return the name of the provider that a dependency made by `provided` asks, or None for any other."""
    return _NAMES.get(dependency)
