from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import FunctionType
from typing import Any, get_type_hints

import pytest
from dependency_injector import providers

from entrypoints.bootstrap.root import GRAPH, Container, named_providers
from entrypoints.settings import Settings
from tests.kit.accounts import NO_DATABASE


@pytest.fixture
def container() -> Iterator[Container]:
    made = Container(settings=Settings(database_url=NO_DATABASE))
    yield made
    made.shutdown_resources()


def test_every_provider_of_the_dependency_container_creates_an_object(container: Container) -> None:
    provided = {name: provider() for name, provider in named_providers(container)}

    assert len(provided) > 100
    assert all(thing is not None for thing in provided.values())


def test_dependency_container_returns_the_same_object_each_time(container: Container) -> None:
    created_each_time = {
        name
        for name, provider in named_providers(container)
        if isinstance(provider, providers.Factory | providers.Callable)
    }

    assert not created_each_time
    assert container.orders.place_order() is container.orders.place_order()


def test_dependency_containers_pass_arguments_by_keyword() -> None:
    """Without keywords, arguments of similar types could be swapped without an error."""
    positional = {
        name: provider.args
        for name, provider in named_providers(GRAPH)
        if isinstance(provider, providers.Singleton | providers.Resource) and provider.args
    }

    assert not positional


def test_every_injected_argument_has_the_declared_type(container: Container) -> None:
    checked = 0
    for name, provider in named_providers(container):
        for field, wanted, given in _collaborators(provider()):
            checked += 1
            assert wanted in type(given).__mro__, f"{name}.{field} is a {type(given).__name__}"

    assert checked > 150


def _collaborators(thing: Any) -> Iterator[tuple[str, type, Any]]:
    """For one use case, yield each field whose declared type is a class of the project."""
    if not is_dataclass(thing) or isinstance(thing, type):
        return
    hints = get_type_hints(type(thing))
    for field in fields(thing):
        wanted, given = hints[field.name], getattr(thing, field.name)
        if (
            isinstance(wanted, type)
            and wanted.__module__.startswith(("domain", "application"))
            and not isinstance(given, FunctionType)
        ):
            yield field.name, wanted, given
