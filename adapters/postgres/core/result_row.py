"""Rows of results, and their types."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import Column, Row

from adapters.postgres.core import schema

ResultRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a result. Only its statement knows its columns."""

R = TypeVar("R")
S = TypeVar("S", bound=schema.Row)


def typed_rows(kind: type[R], rows: Sequence[ResultRow]) -> Sequence[R]:  # noqa: ARG001 - gives the type
    """Return rows as rows of a table, whose columns their statement selects, so that mappings are type-checked.

    They are named tuples, because an attribute of theirs costs a tenth of an attribute of a result's row.
    """
    make = _maker(rows[0]._fields) if rows else tuple
    return cast("Sequence[R]", list(map(make, rows)))


def row_maker(kind: type[S], columns: Iterable[Column[Any]]) -> Callable[[Iterable[object]], S]:
    """Return a function that makes rows of a table from values of some columns, in the order of the columns.

    For values that are a part of a result's row.
    """
    names = tuple(kind.__mapper__.get_property_by_column(column).key for column in columns)
    return cast("Callable[[Iterable[object]], S]", _maker(names))


@cache
def _maker(names: tuple[str, ...]) -> Callable[[Iterable[object]], tuple[object, ...]]:
    made = namedtuple("Row", names)  # type: ignore[misc] # noqa: PYI024 - only the table knows its names
    return made._make
