"""Statements with any number of rows and one array parameter per column, which are planned once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, Insert, bindparam, column, func, insert, select

from adapters.postgres.core.rows import Row


def columns_of(row: type[Row], *, without: Collection[str] = ()) -> list[Column[Any]]:
    """Return the columns of a table without the excluded ones."""
    return [c for c in row.metadata.tables[row.__tablename__].columns if c.name not in without]


class UnnestedRows:
    """Rows passed to a statement as a table: one array parameter per column, unnested together.

    `name` prefixes its parameters, so that a statement can have several kinds of rows.
    """

    def __init__(self, name: str, columns: Sequence[Column[Any]]) -> None:
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
        """Return the array parameters for rows."""
        listed = list(rows)
        return {parameter: [row[name] for row in listed] for name, parameter in self._parameters.items()}

    def insert_into(self, row: type[Row]) -> Insert:
        """Return `INSERT INTO … SELECT … FROM unnest(…)` for a table with these columns."""
        return insert(row).from_select(list(self._parameters), select(self.table))
