"""The modules that processes import when they start, and the memory that the processes use."""

import json
import os
import sys

import pytest

from benchmarks.processes import free_port
from tests.e2e.serving import PROGRAM
from tests.kit.children import run

NOWHERE = "postgresql://nobody:none@127.0.0.1:1/none"
SERVED = "import sys, entrypoints.asgi; print(*sys.modules)"
CREATE_APP = """
import gc, sys
gc.disable()
from entrypoints.asgi import app
app()
print(gc.isenabled(), gc.get_freeze_count() > 50_000, *sys.modules)
"""
SERVE = """
import sys
from entrypoints.cli import server
from entrypoints.cli.app import main
server.serve_http = lambda *_, **__: print("IMPORTED", *sys.modules)
main(["serve", "--port", sys.argv[1]])
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The modules that the parent has imported when it starts the serving processes."""
    return set(_output(SERVE, str(free_port())).partition("IMPORTED")[2].split())


@pytest.fixture(scope="module")
def imported_by_app() -> set[str]:
    """The modules that a serving process has imported when it creates the app."""
    return set(_output(SERVED).split())


@pytest.fixture(scope="module")
def created_app() -> list[str]:
    """Facts about a process that has created the app: garbage collection, frozen objects, modules."""
    return _output(CREATE_APP, STEELYARD_DATABASE_URL=NOWHERE).split()


def _output(program: str, *arguments: str, **settings: str) -> str:
    return run([sys.executable, "-c", program, *arguments], env=_environment(**settings)).stdout


def _environment(**settings: str) -> dict[str, str]:
    unset = ("STEELYARD_", "OTEL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(unset)} | settings


def test_parent_process_imports_settings_before_it_starts_serving_processes(imported: set[str]) -> None:
    assert {"entrypoints.settings", "entrypoints.cli.server"} <= imported


@pytest.mark.parametrize("module", ["entrypoints.bootstrap.root", "fastapi", "asyncpg", "sqlalchemy.orm"])
def test_parent_process_imports_no_app_code_before_it_starts_serving_processes(
    imported: set[str], module: str
) -> None:
    assert module not in imported


@pytest.mark.parametrize(
    "module", ["aiosmtplib", "httpcore2", "httpx2", "nats", "opentelemetry.sdk", "stripe", "valkey"]
)
def test_serving_process_does_not_import_libraries_of_unused_adapters(
    imported_by_app: set[str], module: str
) -> None:
    assert "entrypoints.http.app" in imported_by_app
    assert module not in imported_by_app


def test_objects_of_the_created_app_are_exempt_from_garbage_collection(created_app: list[str]) -> None:
    is_collecting, is_frozen, *_ = created_app
    assert (is_collecting, is_frozen) == ("True", "True")


def test_service_with_disabled_tracing_loads_no_tracing_library(created_app: list[str]) -> None:
    tracing = ("opentelemetry.sdk", "opentelemetry.instrumentation")
    assert "entrypoints.http.app" in created_app
    assert [module for module in created_app if module.startswith(tracing)] == []


def test_openapi_export_needs_no_database() -> None:
    exported = run([*PROGRAM, "openapi", "export"], env=_environment(STEELYARD_DATABASE_URL=NOWHERE))
    assert "/v1/orders" in json.loads(exported.stdout)["paths"]
