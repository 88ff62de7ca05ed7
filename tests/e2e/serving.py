"""Run the service as a separate process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from entrypoints.cli.address import Address
from entrypoints.cli.app import main
from tests.kit.children import KILLED_SECONDS, kill_group, run, started

CHECKOUT = Path(__file__).parents[2]
START_SECONDS = 120
STOP_SECONDS = 60
"""When the service stops, it waits up to 15 seconds for the serving processes. Then it waits up to 15 seconds for the
worker.
"""

PROGRAM = (sys.executable, "-m", "entrypoints")
PASSWORD = "a password of some length"


class Output:
    """The lines that a running service prints.

    A thread reads them immediately, because a full pipe would block the service.
    """

    def __init__(self, stream: Iterable[str]) -> None:
        self.lines: list[str] = []
        self._reader = Thread(target=self.lines.extend, args=(stream,), daemon=True)
        self._reader.start()

    def wait(self, seconds: float) -> None:
        """Wait until no process can print to the output, but at most this number of seconds."""
        self._reader.join(seconds)

    def complete(self) -> str:
        """Wait until no process can print to the output. Return the whole output."""
        self.wait(STOP_SECONDS)
        assert not self._reader.is_alive(), "A process of the service is left."
        return "".join(self.lines)


@dataclass(frozen=True, slots=True)
class Service:
    """A running `serve` command. It has a process group of its own, as in a terminal."""

    process: subprocess.Popen[str]
    output: Output
    address: Address
    environment: dict[str, str]
    checkout: Path = CHECKOUT
    program: Sequence[str] = PROGRAM

    def interrupt(self) -> tuple[int, str]:
        """Send SIGINT to the process group, as Ctrl-C does. Return the exit code and the output."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.end()

    def end(self) -> tuple[int, str]:
        """Wait until every process has ended. Return the exit code and the output."""
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.fail(f"The service does not end. Its output:\n{''.join(self.output.lines)}")
        return code, self.output.complete()

    def await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.address.answers():
            assert self.process.poll() is None, self.end()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def await_silence(self) -> None:
        """Wait until the port is closed."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.address.answers():
            assert time.monotonic() < deadline
            time.sleep(0.05)


@contextmanager
def serving(
    database_url: str | None = None,
    *,
    with_worker: bool = True,
    checkout: Path = CHECKOUT,
    program: Sequence[str] = PROGRAM,
    **settings: str,
) -> Iterator[Service]:
    """Start the service on a free port, without waiting until it responds.

    Without a database URL, the service starts an embedded database.

    `checkout` is the working directory of the service. If `program` is installed, `checkout` can be any directory.
    Otherwise `checkout` contains the code of this release or of another release.
    """
    port = int(settings.pop("port", "0")) or free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STEELYARD_")},
        **({"STEELYARD_DATABASE_URL": database_url} if database_url else {}),
        "STEELYARD_PORT": str(port),
        # Former releases do not start if a setting is unknown to them.
        **({"STEELYARD_METRICS_PORT": "0"} if checkout == CHECKOUT else {}),
        **{f"STEELYARD_{name.upper()}": value for name, value in settings.items()},
    }
    with started(
        [*program, "serve", "--worker" if with_worker else "--no-worker"],
        seconds=None,
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        output = Output(process.stdout)
        try:
            yield Service(process, output, Address("127.0.0.1", port), environment, checkout, program)
        finally:
            kill_group(process)
            # `started` closes the output, which would raise an error in the thread that reads it.
            output.wait(KILLED_SECONDS)


def create_admin(service: Service, email: str, password: str) -> None:
    """Create an admin on the command line while the service runs."""
    _run_command(service, "users", "create-admin", email, typed=f"{password}\n")


def create_client(service: Service, name: str, scope: str) -> tuple[str, str]:
    """Create a service client on the command line while the service runs.

    Returns the id and the secret of the client.
    """
    output = _run_command(service, "clients", "create", name, "--scope", scope)
    shown = dict(line.split("=", 1) for line in output.splitlines())
    return shown["client_id"], shown["client_secret"]


def _run_command(service: Service, *arguments: str, typed: str = "") -> str:
    """Run a command with the settings of the service, and return its output.

    Normally, the command runs in this process, because a new process would have to import the service again.

    If the service is an installed program or another release, the command runs in a new process.
    """
    if (service.program, service.checkout) != (PROGRAM, CHECKOUT):
        command = [*service.program, *arguments]
        return run(command, typed=typed, cwd=service.checkout, env=service.environment).stdout
    # An event loop may already run in the caller's thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_run_here, service.environment, arguments, typed).result()


def _run_here(environment: Mapping[str, str], arguments: Sequence[str], typed: str) -> str:
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as output:
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(typed.encode())))
        try:
            main(arguments)
        except SystemExit as end:
            assert end.code in {None, 0}, output.getvalue()  # noqa: PT017 - each command ends with SystemExit
    return output.getvalue()


def place_an_order(service: Service) -> int:
    """Create a product, and place an order for this product. Return the status of the response to the order."""
    create_admin(service, "boss@example.com", PASSWORD)
    with httpx2.Client(base_url=service.address.url, trust_env=False) as client:
        assert client.get("/readyz").status_code == 200
        answer = client.post("/token", data={"username": "boss@example.com", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        price = {"amount": 1999, "currency": "EUR"}
        product = client.post(
            "/v1/products", json={"sku": "M", "name": "Mug", "price": price, "initial_stock": 5}
        ).json()
        body = {"lines": [{"product_id": product["id"], "quantity": 1}]}
        return client.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"}).status_code


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
