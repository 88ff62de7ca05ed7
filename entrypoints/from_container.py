"""Inject from the container into a route: `Annotated[PlaceOrder, from_container(Container.orders.place_order)]`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from dependency_injector.providers import Provider
from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from entrypoints.bootstrap.root import Container, named_providers
from entrypoints.http.routing.compiled_dependencies import ImmediateDependency

_ENGINES = (Container.database.engine, Container.database.public_read_engine)


def from_container(provider: Provider[Any]) -> Dependency:
    """Return a dependency on a provider of the container.

    A test overrides either the provider of the app's container or the dependency itself:

        app.state.container.orders.place_order.override(fake)
        app.dependency_overrides[FromContainer.of(Container.orders.place_order)] = lambda: fake
    """
    dependency: Dependency = Depends(FromContainer.of(provider))
    return dependency


@dataclass(frozen=True)
class FromContainer(ImmediateDependency):
    """Gets a provider by its name from the container of the app that serves the request, `app.state.container`."""

    name: str
    problems: tuple[str, ...] = field(default=(), compare=False)
    find: Callable[[Container], Provider[Any]] = field(init=False, repr=False, compare=False)

    @classmethod
    def of(cls, provider: Provider[Any]) -> "FromContainer":
        """Return the dependency on one of the container's own providers.

        A provider that needs the database is documented with the problems of the database.
        """
        name = next(name for name, known in named_providers(Container) if known is provider)
        parts: Iterator[Provider[Any]] = provider.traverse()
        needs_database = any(part in _ENGINES for part in parts)
        return cls(name, ("overloaded", "database_unavailable") if needs_database else ())

    def __post_init__(self) -> None:
        object.__setattr__(self, "find", attrgetter(self.name))

    @property
    def __problems__(self) -> tuple[str, ...]:
        return self.problems

    def resolve(self, request: Request) -> Any:  # noqa: ANN401 - the parameter's annotation has the type
        return self.find(request.scope["app"].state.container)()
