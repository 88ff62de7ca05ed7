"""Rows of results, and their types."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import Column, Row

from adapters.postgres.core import schema

ResultRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a result. Only its statement knows its columns."""

R = TypeVar("R")
S = TypeVar("S", bound=schema.Row)


def typed_rows(kind: type[R], rows: Sequence[ResultRow]) -> Sequence[R]:  # noqa: ARG001 - gives the type
    """Return rows as rows of a table, whose columns their statement selects, so that mappings are type-checked."""
    return cast("Sequence[R]", rows)


def row_maker(kind: type[S], columns: Iterable[Column[Any]]) -> Callable[[Iterable[object]], S]:
    """Return a function that makes rows of a table from values of some columns, in the order of the columns.

    For values that are a part of a result's row, and for frequent reads: an attribute of a named tuple costs less.
    """
    names = [kind.__mapper__.get_property_by_column(column).key for column in columns]
    made = namedtuple(kind.__name__, names)  # type: ignore[misc] # noqa: PYI024 - only the table knows its names
    return cast("Callable[[Iterable[object]], S]", made._make)
