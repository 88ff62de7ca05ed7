"""Measure how much reads slow down while log-ins keep all Argon2 threads busy."""

import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from benchmarks.contenders import BUILD, steelyard
from benchmarks.database import Server
from benchmarks.load import WORKLOADS, Measurement, put_under_load
from benchmarks.shop import PASSWORD, Shop

CLIENTS = 8
ROUNDS = 3
UNLIMITED = {"STEELYARD_RATE_LIMIT_ENABLED": "false"}


@dataclass(slots=True)
class LogIns:
    done: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    alone: Measurement
    beside: Measurement
    log_ins: LogIns


def measure(server: Server, database: str, shop: Shop, seconds: float) -> Iterator[Round]:
    """Read products, alternating between rounds with and without concurrent log-ins."""
    data = (BUILD / "data").resolve()
    shop.write_to(data)
    product = WORKLOADS[0]
    with steelyard().running(server, database, shop, extra=UNLIMITED) as running:
        put_under_load(running.url, product, data, seconds=1)
        for _ in range(ROUNDS):
            alone = put_under_load(running.url, product, data, seconds=seconds)
            with _logging_in(running.url, len(shop.customers)) as log_ins:
                beside = put_under_load(running.url, product, data, seconds=seconds)
            yield Round(alone, beside, log_ins)


@contextmanager
def _logging_in(url: str, customers: int) -> Iterator[LogIns]:
    log_ins, over, numbers = LogIns(), threading.Event(), count()

    def work() -> None:
        while not over.is_set():
            if _log_in(url, next(numbers) % customers):
                log_ins.done += 1
            else:
                log_ins.refused += 1

    threads = [threading.Thread(target=work, daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield log_ins
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _log_in(url: str, number: int) -> bool:
    form = {"grant_type": "password", "username": f"customer{number}@example.com", "password": PASSWORD}
    try:
        with urllib.request.urlopen(url + "/token", urllib.parse.urlencode(form).encode(), timeout=30):  # noqa: S310 - the URL always begins with http://127.0.0.1
            return True
    except (urllib.error.URLError, OSError):
        return False
