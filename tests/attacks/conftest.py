from collections.abc import AsyncIterator, Iterator
from dataclasses import fields
from io import StringIO
from typing import Any

import pytest

from adapters.memory.core.database import MemoryDatabase
from application.audit.entry import AuditEntry
from tests.kit.logs import captured_log
from tests.kit.prepared_shop import prepared_shop
from tests.kit.samples import SampleShop
from tests.kit.store import Store, memory_store
from tests.kit.web import WebShop, container_over, web_shop


@pytest.fixture(autouse=True)
def log() -> Iterator[StringIO]:
    """The service's log during the test, as JSON lines."""
    with captured_log("debug") as log:
        yield log


class ChangeDetector:
    """A store in memory that detects whether rows have changed.

    Changes of the audit log are ignored, because the audit log also records rejected requests.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._database: MemoryDatabase = store.unit_of_work._database  # type: ignore[attr-defined] # every adapter in memory has this attribute
        self._seen = self._content()

    def has_changed(self) -> bool:
        """Return whether anything has changed since the last call."""
        before, self._seen = self._seen, self._content()
        return bool(before != self._seen)

    def audit_entries(self) -> list[AuditEntry]:
        return list(self._database.tables.audit_log.values())

    def _content(self) -> Any:
        """Return all rows without copying them. Committed rows are immutable: a change replaces the whole row."""
        tables = self._database.tables
        rows = {
            table.name: dict(getattr(tables, table.name))
            for table in fields(tables)
            if table.name != "audit_log"
        }
        return rows, list(self._database.outbox)


@pytest.fixture
def detector(request: pytest.FixtureRequest) -> ChangeDetector:
    """A change detector for a store.

    If the test uses the sample shop, the store contains this shop. Otherwise the store is empty.
    """
    if "sample_shop" in request.fixturenames:
        return ChangeDetector(prepared_shop().new_store())
    return ChangeDetector(memory_store())


@pytest.fixture
async def web(detector: ChangeDetector) -> AsyncIterator[WebShop]:
    async with web_shop(container_over(detector.store)) as web:
        yield web


@pytest.fixture
def sample_shop(web: WebShop, detector: ChangeDetector) -> SampleShop:
    detector.has_changed()
    return prepared_shop().copy_to(web)
