"""Typed result rows."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import Column, Row

from adapters.postgres.core import schema

ResultRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a result. The type does not name columns, because they depend on the statement."""

R = TypeVar("R")
S = TypeVar("S", bound=schema.Row)


def typed_rows(kind: type[R], rows: Sequence[ResultRow]) -> Sequence[R]:  # noqa: ARG001 - the parameter only determines the type of the result
    """Convert rows to typed rows of a table, so that mypy checks the mappings.

    The statement must select the table's columns. The result consists of named tuples. Reading an attribute of a
    named tuple is ten times faster than reading an attribute of an SQLAlchemy row.
    """
    if rows and isinstance(rows[0], Row):
        return cast("Sequence[R]", list(map(tuple_maker(rows[0]._fields), rows)))
    return cast("Sequence[R]", rows)  # a DriverRead has already made named tuples


def row_maker(kind: type[S], columns: Iterable[Column[Any]]) -> Callable[[Iterable[object]], S]:
    """Return a function that makes a typed row from values in the sequence of the columns.

    The function is meant for statements that select columns of several tables.
    """
    names = tuple(kind.__mapper__.get_property_by_column(column).key for column in columns)
    return cast("Callable[[Iterable[object]], S]", tuple_maker(names))


@cache
def tuple_maker(names: tuple[str, ...]) -> Callable[[Iterable[object]], tuple[object, ...]]:
    """Return a function that makes a named tuple from values in the sequence of the names."""
    made = namedtuple("Row", names)  # type: ignore[misc] # noqa: PYI024 - the names are known only at run time
    return made._make
