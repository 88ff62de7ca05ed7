"""PostgreSQL in a container."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import docker  # type: ignore[import-untyped]  # two imports do not justify a stub package
from docker.errors import DockerException  # type: ignore[import-untyped]  # two imports do not justify a stub package
from testcontainers.community.postgres import PostgresContainer

from tests.servers.forgetful import FORGETFUL

IMAGE = "postgres:18"


@contextmanager
def container_server() -> Iterator[str]:
    options = " ".join(f"-c {name}={value}" for name, value in FORGETFUL.items())
    with PostgresContainer(IMAGE, driver="asyncpg").with_command(f"postgres {options}") as container:
        yield container.get_connection_url()


def engine_version() -> str | None:
    """Return the version of the container engine, or None if there is none."""
    version = None
    with suppress(DockerException), closing(docker.from_env(timeout=2)) as engine:
        version = str(engine.version()["Version"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # if no engine is found, the client leaves an open socket, which would fail another test
    return version
