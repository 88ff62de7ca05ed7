"""A worker process that kills itself at the n-th await.

SIGKILL leaves no time for cleanup. The server rolls back uncommitted transactions, but leases remain. Requests that
were already sent are still received.

This module is also a program, which imports the service only once. For each input line, the program forks a worker.
Then the program prints the exit code of the worker.
"""

import asyncio
import json
import os
import selectors
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from entrypoints.worker import jobs_of
from tests.kit.children import started
from tests.kit.ports import FixedClock

NEVER = 0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Workers:
    """Runs workers with one job, one worker at a time."""

    requests: IO[str]
    answers: IO[str]

    async def is_killed_at(self, wait: int, *, now: datetime) -> bool:
        """Run the job at the time `now`, and kill the worker at await number `wait`.

        If `wait` is NEVER, the worker is not killed. Returns whether the worker was killed.
        """
        self.requests.write(json.dumps([wait, now.isoformat()]) + "\n")
        self.requests.flush()
        code = int(await asyncio.to_thread(self.answers.readline))
        assert code in {0, -signal.SIGKILL}
        return code != 0


@contextmanager
def workers(job: str, **settings: Any) -> Iterator[Workers]:
    command = [sys.executable, "-m", "tests.kit.killing", job, json.dumps(settings)]
    with started(command, seconds=None, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Workers(process.stdin, process.stdout)


class _KillingSelector(selectors.DefaultSelector):
    """Counts the process's waits for I/O, and kills the process at the chosen wait."""

    left = NEVER

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.left:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().select(timeout)


async def _work(container: Container, name: str, selector: _KillingSelector, wait: int) -> None:
    [job] = [job for job in jobs_of(container) if job.name == name]
    async with container.database.engine().connect():
        """Connect before counting: other tests cover connecting."""
    selector.left = wait
    await job()
    selector.left = NEVER
    await container.webhooks.webhook_sender().close()
    await container.events.nats_publisher().close()
    await container.database.engine().dispose()


def main(name: str, settings: str) -> None:
    container, clock = Container(settings=Settings(**json.loads(settings))), FixedClock()
    container.clock.override(clock)
    jobs_of(container)
    for line in sys.stdin:
        wait, now = json.loads(line)
        worker = os.fork()
        if not worker:
            clock.set(datetime.fromisoformat(now))
            selector = _KillingSelector()
            try:
                with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:  # noqa: B023 - the function is called before the variable changes
                    runner.run(_work(container, name, selector, wait))
            except BaseException:  # noqa: BLE001 - a forked process must not continue with the code of its parent
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]), flush=True)  # noqa: T201 - the parent process reads the output


if __name__ == "__main__":
    main(*sys.argv[1:])
