"""Record the statements of an engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


@contextmanager
def statements_of(engine: AsyncEngine) -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """Collect all statements during the context, with their parameters."""
    sent: list[tuple[str, tuple[object, ...]]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", note)
