"""The environment variable STEELYARD_TEST_DATABASE selects the PostgreSQL server of the tests.

The value is `container` or `embedded`. By default, the tests use a container if a container engine is available.
Otherwise they use the embedded server.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from tests.servers.container import IMAGE, container_server, engine_version
from tests.servers.embedded import embedded_server, embedded_version

VARIABLE = "STEELYARD_TEST_DATABASE"


@dataclass(frozen=True, slots=True)
class TestServer:
    """A server for tests.

    `start()` starts the server and yields the URL of a database. The owner of this database may create databases.
    """

    __test__ = False

    description: str
    start: Callable[[], AbstractContextManager[str]]


def choose_server() -> TestServer:
    """Choose a server. Do not start the server.

    The run of the tests ends if the requested server is not available.
    """
    wish = os.environ.get(VARIABLE, "")
    if wish not in {"", "container", "embedded"}:
        pytest.exit(f"{VARIABLE} is `container`, `embedded`, or not set at all.", pytest.ExitCode.USAGE_ERROR)
    engine = None if wish == "embedded" else engine_version()
    if engine is not None:
        return TestServer(f"{IMAGE} in a container (engine {engine})", container_server)
    if wish == "container":
        pytest.exit(f"{VARIABLE}=container, and no container engine answers.", pytest.ExitCode.USAGE_ERROR)
    return TestServer(f"embedded PostgreSQL {embedded_version()}", embedded_server)
