from collections.abc import AsyncIterator, Iterator
from dataclasses import fields
from io import StringIO
from typing import Any

import pytest

from adapters.memory.core.database import MemoryDatabase
from application.audit.entry import AuditEntry
from tests.kit.logs import captured_log
from tests.kit.samples import Surroundings
from tests.kit.store import Store, memory_store
from tests.kit.web import WebShop, container_over, web_shop


@pytest.fixture(autouse=True)
def log() -> Iterator[StringIO]:
    """What the service logs during the test, as JSON lines."""
    with captured_log("debug") as log:
        yield log


class Watched:
    """A shop in memory, and whether anything in it has changed, but for the audit log, which is told of refusals as well."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._database: MemoryDatabase = store.unit_of_work._database  # type: ignore[attr-defined] # every adapter in memory has it
        self._seen = self._content()

    def has_changed(self) -> bool:
        """Tell whether there is anything that was not there, or not so, when this was last asked."""
        before, self._seen = self._seen, self._content()
        return bool(before != self._seen)

    def audit_entries(self) -> list[AuditEntry]:
        return list(self._database.tables.audit_log.values())

    def _content(self) -> Any:
        """Return every row: what is committed is replaced as a whole, and never altered."""
        tables = self._database.tables
        rows = {
            table.name: dict(getattr(tables, table.name))
            for table in fields(tables)
            if table.name != "audit_log"
        }
        return rows, list(self._database.outbox)


@pytest.fixture
def watched() -> Watched:
    return Watched(memory_store())


@pytest.fixture
async def web(watched: Watched) -> AsyncIterator[WebShop]:
    async with web_shop(container_over(watched.store)) as web:
        yield web


@pytest.fixture
async def surroundings(web: WebShop, watched: Watched) -> Surroundings:
    surroundings = await Surroundings.of(web)
    assert watched.has_changed()
    return surroundings
