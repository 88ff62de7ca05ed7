"""The contenders: the service and its peers. The peers are other implementations of the service's API."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.database import Server
from benchmarks.processes import Running, free_port, serving
from benchmarks.shop import Shop

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).parent / "peers"
BUILD = Path(".artefacts/benchmarks")
"""The directory in which `install.sh` puts tools and built peers."""
GO = ROOT / BUILD / "tools" / "bin" / "go"
NODE = ROOT / BUILD / "node"
READS = ("product", "page", "order", "health")
PLACING = ("place", "hot")
EVERYTHING = READS + PLACING

Environment = Callable[[Server, str, Shop, int], Mapping[str, str]]
"""A function that returns environment variables.

The arguments of the function are the server, a database, a shop and a number of connections.
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to benchmark.

    The environment variable PORT contains the port of the server. `{port}` in `command` is replaced by this port.

    `needs` is a file that exists only if the contender is installed.
    """

    name: str
    title: str
    command: Sequence[str]
    environment: Environment
    pool: int
    workloads: Sequence[str] = EVERYTHING
    cwd: Path = ROOT
    variables: Mapping[str, str] = field(default_factory=dict)
    needs: Path | None = None

    def sized(self, pool: int) -> "Contender":
        return replace(self, pool=pool)

    @contextmanager
    def running(
        self, server: Server, database: str, shop: Shop, *, extra: Mapping[str, str] | None = None
    ) -> Iterator[Running]:
        """Run the server on a database until the context ends. Raises DidNotStart."""
        port = free_port()
        environment = {
            **self.environment(server, database, shop, self.pool),
            **self.variables,
            **(extra or {}),
            "PORT": str(port),
        }
        command = [part.format(port=port) for part in self.command]
        log = BUILD / "logs" / f"{self.name}.log"
        with serving(command, environment, port=port, log=log, cwd=self.cwd) as running:
            yield running


def _service(server: Server, database: str, _: Shop, pool: int) -> Mapping[str, str]:
    """Return the environment variables that configure the service.

    Rate limits and the access log keep their defaults. Unpaid orders are not limited, because the benchmark never
    pays for orders.
    """
    return {
        "STEELYARD_MAX_UNPAID_ORDERS": "0",
        "STEELYARD_MAX_UNITS_HELD": "0",
        "STEELYARD_DATABASE_URL": server.url_of(database),
        "STEELYARD_DATABASE_POOL_SIZE": str(pool),
    }


def _peer(server: Server, database: str, shop: Shop, pool: int) -> Mapping[str, str]:
    """Return the environment variables that configure a peer."""
    return {
        **server.environment_of(database),
        "POOL_SIZE": str(pool),
        "TOKEN_ISSUER": shop.issuer,
        "TOKEN_AUDIENCE": shop.audience,
        "JWKS": shop.jwks,
        "SQL": str(PEERS / "sql"),
        "CURSOR_SECRET": shop.cursor_secret.hex(),
    }


def steelyard(*, pool: int = 10, workers: int = 1) -> Contender:
    return Contender(
        name="steelyard" if workers == 1 else f"steelyard-{workers}",
        title="Steelyard" if workers == 1 else f"Steelyard, {workers} processes",
        # The service runs without its worker, because the peers have no worker.
        command=(sys.executable, "-m", "entrypoints", "serve", "--no-worker", "--port", "{port}"),
        environment=_service,
        pool=pool,
        variables={"STEELYARD_WORKERS": str(workers)},
    )


def baseline(checkout: Path) -> Contender:
    """Return the service whose code is in another directory.

    The benchmark compares that code with the code in this directory.
    """
    root = checkout.resolve()
    _python, *arguments = steelyard().command
    if not (root / "entrypoints/cli/worker.py").exists():
        arguments.remove("--no-worker")
    return replace(
        steelyard(),
        name="baseline",
        title="Steelyard before",
        command=(str(root / ".venv/bin/python"), *arguments),
        cwd=root,
    )


def tutorial(*, pool: int = 10) -> Contender:
    return Contender(
        name="tutorial",
        title="FastAPI + SQLAlchemy ORM",
        command=(
            sys.executable,
            "-m",
            "uvicorn",
            "benchmarks.peers.tutorial.app:app",
            "--port={port}",
            "--no-access-log",
            "--log-level=warning",
        ),
        environment=_peer,
        pool=pool,
    )


def fastify(*, pool: int = 10, function: bool = False) -> Contender:
    return Contender(
        name="fastify-function" if function else "fastify",
        title="Node, a function per order" if function else "Node, Fastify 5",
        command=(str(NODE), "server.js"),
        environment=_peer,
        pool=pool,
        workloads=PLACING if function else EVERYTHING,
        cwd=PEERS / "fastify",
        variables={"PLACING": "function" if function else "statements", "NODE_ENV": "production"},
        needs=PEERS / "fastify" / "node_modules" / "fastify",
    )


def go(*, pool: int = 10, placing: str = "statements") -> Contender:
    titles = {
        "statements": "Go, net/http + pgx",
        "function": "Go, a function per order",
        "batches": "Go, the same batching",
    }
    program = ROOT / BUILD / "go-peer"
    return Contender(
        name="go" if placing == "statements" else f"go-{placing}",
        title=titles[placing],
        command=(str(program),),
        environment=_peer,
        pool=pool,
        workloads=EVERYTHING if placing == "statements" else PLACING,
        variables={"PLACING": placing},
        needs=program,
    )


def everybody() -> Sequence[Contender]:
    """Return all contenders, each with ten database connections.

    `with_best_pools` replaces this number of connections.
    """
    return (
        steelyard(),
        steelyard(workers=2),
        tutorial(),
        fastify(),
        fastify(function=True),
        go(),
        go(placing="function"),
        go(placing="batches"),
    )
