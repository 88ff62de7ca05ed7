"""Pages by keyset: the index is entered where the last page ended."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from application.shared.page import Page, Position

R = TypeVar("R")
V = TypeVar("V")
Key = tuple[InstrumentedAttribute[Any], ...]
"""The columns that a list is sorted by, the last of them unique, all in one direction."""

SelectAny = Select[*tuple[Any, ...]]


def page_of(
    statement: SelectAny, key: Key, *, descending: bool, after: Position | None, limit: int
) -> SelectAny:
    """Return the statement for the rows after a position, and one more, which tells that there are more."""
    if after is not None:
        statement = statement.where(_beyond(key, after, descending=descending))
    ordered = statement.order_by(*(column.desc() if descending else column.asc() for column in key))
    return ordered.limit(limit + 1)


def shown(rows: Sequence[R], key: Key, *, limit: int, show: Callable[[R], V]) -> Page[V]:
    """Make a page of the rows that the statement of `page_of` has found."""
    items = rows[:limit]
    end = tuple(getattr(items[-1], column.key) for column in key) if len(rows) > limit else None
    return Page(tuple(map(show, items)), end)


def _beyond(key: Key, after: Position, *, descending: bool) -> ColumnElement[bool]:
    """Compare whole positions, as PostgreSQL does by one index: `(a, b) > (:a, :b)`."""
    here = tuple_(*key)
    there = tuple_(*(literal(value, column.type) for column, value in zip(key, after, strict=True)))
    return here < there if descending else here > there
