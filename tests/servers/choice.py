"""Which server the tests use: STEELYARD_TEST_DATABASE is `container`, `embedded`, or unset for the better of the two."""

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
    """A server that starts when `start()` is entered, which gives the URL of a database whose owner may make more."""

    __test__ = False

    description: str
    start: Callable[[], AbstractContextManager[str]]


def choose_server() -> TestServer:
    """Look which server there will be, without starting it. Raises pytest.UsageError for a wish that can't be met."""
    wish = os.environ.get(VARIABLE, "")
    if wish not in {"", "container", "embedded"}:
        raise pytest.UsageError(f"{VARIABLE} is `container`, `embedded`, or not set at all.")
    engine = None if wish == "embedded" else engine_version()
    if engine is not None:
        return TestServer(f"{IMAGE} in a container (engine {engine})", container_server)
    if wish == "container":
        raise pytest.UsageError(f"{VARIABLE}=container, and no container engine answers.")
    return TestServer(f"embedded PostgreSQL {embedded_version()}", embedded_server)
