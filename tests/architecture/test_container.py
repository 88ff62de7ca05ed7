from dependency_injector import providers

from entrypoints.container import Container
from entrypoints.settings import Settings
from tests.kit.web import NO_DATABASE


async def test_every_provider_provides() -> None:
    container = Container(settings=Settings(database_url=NO_DATABASE))
    provided = {name: getattr(container, name)() for name in Container.providers}
    container.shutdown_resources()
    await provided["engine"].dispose()

    assert all(thing is not None for thing in provided.values())


def test_use_cases_and_adapters_are_made_once() -> None:
    container = Container(settings=Settings(database_url=NO_DATABASE))
    made_each_time = {
        name
        for name, provider in Container.providers.items()
        if not isinstance(
            provider,
            providers.Singleton
            | providers.Resource
            | providers.Selector
            | providers.Dependency
            | providers.Object,
        )
    }

    assert not made_each_time
    assert container.place_order() is container.place_order()
