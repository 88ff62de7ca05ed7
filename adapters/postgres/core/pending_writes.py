"""Writes of several repositories that one statement executes together."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import CTE, func, select

from adapters.postgres.core.driver_statement import DriverStatement


class PendingWrites:
    """The parts of the next write statement. Each part has an expected number of written rows."""

    def __init__(self) -> None:
        self._parts: dict[CTE, int] = {}
        self._parameters: dict[str, object] = {}

    def __bool__(self) -> bool:
        return bool(self._parts)

    def can_add(self, parts: Mapping[CTE, int]) -> bool:
        """Return whether all these parts can be added. The next statement can contain each part only once."""
        return self._parts.keys().isdisjoint(parts)

    def add(self, parts: Mapping[CTE, int], parameters: Mapping[str, object]) -> None:
        """Add data-modifying CTEs, each of which returns one row for each row that it writes."""
        self._parts.update(parts)
        self._parameters.update(parameters)

    def take(self) -> tuple[DriverStatement, dict[str, object], tuple[int, ...]]:
        """Remove all parts, and return one statement that executes them.

        Returns the statement, its parameters, and the number of rows that each part must write.
        """
        taken = _statement_of(tuple(self._parts)), self._parameters, tuple(self._parts.values())
        self._parts, self._parameters = {}, {}
        return taken


@cache
def _statement_of(parts: tuple[CTE, ...]) -> DriverStatement:
    """Return the statement that executes the parts and counts the rows of each part.

    All parts see the rows as they were before the statement. PostgreSQL checks foreign keys at the end of the
    statement.
    """
    counts = (select(func.count()).select_from(part).scalar_subquery().label(part.name) for part in parts)
    return DriverStatement(select(*counts))
