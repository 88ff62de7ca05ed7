"""A newer release migrates the schema, and then the service restarts.

If the new schema permits the release of the service, the service accepts orders. Otherwise the service prints one
line and does not start.
"""

import asyncio

from adapters.postgres.core.schema_revision import RELEASE
from tests.e2e.serving import place_an_order, serving
from tests.servers.newer_schema import migrate_to_newer_schema


def test_service_starts_if_a_newer_schema_is_compatible_with_the_release(database_url: str) -> None:
    asyncio.run(migrate_to_newer_schema(database_url, min_compatible_release=RELEASE))
    with serving(database_url, with_worker=False) as service:
        service.await_answer()
        assert place_an_order(service) == 201
        code, output = service.interrupt()
    assert code == 0
    assert "Traceback" not in output


def test_service_exits_with_an_error_if_a_newer_schema_is_incompatible(database_url: str) -> None:
    asyncio.run(migrate_to_newer_schema(database_url, min_compatible_release=RELEASE + 1))
    with serving(database_url) as service:
        code, output = service.end()
    assert code == 1
    starting, error = output.splitlines()
    assert starting.startswith("Steelyard is starting")
    assert error.startswith(
        f"Error: The database has schema revision 9001, which needs release {RELEASE + 1}"
    )
