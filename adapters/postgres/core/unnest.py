"""Statements with any number of rows and one array parameter per column.

The database plans such a statement only once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnClause,
    Insert,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
)

from adapters.postgres.core.rows import Row


def columns_of(row: type[Row], *, without: Collection[str] = ()) -> list[Column[Any]]:
    """Return the columns of a table without the excluded ones."""
    return [c for c in row.metadata.tables[row.__tablename__].columns if c.name not in without]


class UnnestedRows:
    """Rows that are passed to a statement as one array parameter per column.

    The statement unnests the arrays together. `name` prefixes the parameters, so that a statement can have
    several kinds of rows.

    Encoding values is a large part of the cost of a write. Therefore an array that has only NULL is passed
    empty: `unnest` fills a shorter array up with NULL. In the columns `mostly_zero`, an array that has only 0
    is passed empty as well, and `insert_into` writes 0. Other statements must not use these columns.
    """

    def __init__(
        self, name: str, columns: Sequence[Column[Any]], *, mostly_zero: Collection[str] = ()
    ) -> None:
        self._omitted = {c.name: 0 if c.name in mostly_zero else None for c in columns}
        self._parameters = {c.name: f"{name}__{c.name}" for c in columns}
        self.table = (
            func.unnest(
                *(bindparam(self._parameters[c.name], type_=ARRAY(c.type, dimensions=1)) for c in columns)
            )
            .table_valued(*(column(c.name, c.type) for c in columns))
            .render_derived(name=name)
        )
        self.c = self.table.c

    def parameters(self, rows: Iterable[Mapping[str, object]]) -> dict[str, list[object]]:
        """Return the array parameters for the rows."""
        listed = list(rows)
        return {
            parameter: _unless_all_are(self._omitted[name], [row[name] for row in listed])
            for name, parameter in self._parameters.items()
        }

    def insert_into(self, row: type[Row]) -> Insert:
        """Return `INSERT INTO … SELECT … FROM unnest(…)` for a table with these columns."""
        zero: ColumnClause[int] = literal_column("0")
        values = (
            c if self._omitted[c.name] is None else func.coalesce(c, zero).label(c.name) for c in self.c
        )
        return insert(row).from_select(list(self._parameters), select(*values))


def _unless_all_are(omitted: int | None, values: list[object]) -> list[object]:
    """Return the values, or an empty list if all of them equal the default."""
    return [] if values and values[0] == omitted and values.count(omitted) == len(values) else values
