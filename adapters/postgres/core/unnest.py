"""Statements with any number of rows and one array parameter per column.

The database plans such a statement only once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    Column,
    ColumnElement,
    Delete,
    Insert,
    Integer,
    Update,
    bindparam,
    case,
    column,
    func,
    insert,
    literal_column,
    select,
)

from adapters.postgres.core.rows import Row

_ONE = literal_column("1", Integer)


def columns_of(row: type[Row], *, without: Collection[str] = ()) -> list[Column[Any]]:
    """Return the columns of a table without the excluded columns."""
    return [c for c in row.metadata.tables[row.__tablename__].columns if c.name not in without]


def written_rows(statement: Insert | Update | Delete, name: str) -> CTE:
    """Return a CTE that returns one row for each row that it writes: see `Transaction.write_later`."""
    return statement.returning(_ONE).cte(name)


class UnnestedRows:
    """Rows that are passed to a statement as one array parameter per column.

    The statement unnests the arrays together. The names of the parameters begin with `name`, so that a statement can
    have several kinds of rows.

    Encoding the arrays takes a large part of the CPU time of a write. Therefore some arrays are shortened. If
    a column has only NULL values, its array is empty. PostgreSQL's `unnest` fills shorter arrays with NULL
    values.

    If a column in `repeated` has only equal values, its array has one value. The attribute `values` then repeats this
    value for each row. Statements must read columns in `repeated` from `values`, not from `c`.
    """

    def __init__(self, name: str, columns: Sequence[Column[Any]], *, repeated: Collection[str] = ()) -> None:
        self._parameters = {
            c.name: bindparam(f"{name}__{c.name}", type_=ARRAY(c.type, dimensions=1)) for c in columns
        }
        self._repeated = frozenset(repeated)
        self.table = (
            func.unnest(*self._parameters.values())
            .table_valued(*(column(c.name, c.type) for c in columns))
            .render_derived(name=name)
        )
        self.c = self.table.c

    @property
    def values(self) -> list[ColumnElement[Any]]:
        """The SQL expressions for the values of a row, in the sequence of the columns."""
        return [
            self._repeated_value(name) if name in self._repeated else self.c[name]
            for name in self._parameters
        ]

    def parameters(self, rows: Iterable[Mapping[str, object]]) -> dict[str, list[object]]:
        """Return the array parameters for the rows."""
        listed = list(rows)
        return {
            parameter.key: _shortened([row[name] for row in listed], is_repeated=name in self._repeated)
            for name, parameter in self._parameters.items()
        }

    def insert_into(self, row: type[Row]) -> Insert:
        """Return `INSERT INTO … SELECT … FROM unnest(…)` for a table with these columns."""
        return insert(row).from_select(list(self._parameters), select(*self.values))

    def added_to(self, row: type[Row]) -> CTE:
        """Return a CTE that inserts the rows: see `Transaction.write_later`."""
        return written_rows(self.insert_into(row), f"{self.table.name}_added")

    def _repeated_value(self, name: str) -> ColumnElement[Any]:
        parameter = self._parameters[name]
        # Without `coalesce`, PostgreSQL would read the subscript as a part of the type to which the
        # parameter is cast.
        first = func.coalesce(parameter)[_ONE]
        return case((func.cardinality(parameter) == _ONE, first), else_=self.c[name]).label(name)


def _shortened(values: list[object], *, is_repeated: bool) -> list[object]:
    """Return a shorter list for the same values, if possible.

    If all values are None, the result is empty. If all values are equal and `is_repeated` is true, the result has one
    value. In every other case, the given list is returned.
    """
    if not values or not (values[0] is None or is_repeated):
        return values
    first = values[0]
    if values[-1] != first or values.count(first) != len(values):
        return values
    return [] if first is None else [first]
