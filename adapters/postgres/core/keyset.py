"""Keyset pagination: a page is read from an index, after the last row of the previous page."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from application.shared.page import Page, Position

R = TypeVar("R")
V = TypeVar("V")
Key = tuple[InstrumentedAttribute[Any], ...]
"""The sort columns of a list, all in one direction. The last column is unique."""

SelectAny = Select[*tuple[Any, ...]]


def page_of(
    statement: SelectAny, key: Key, *, descending: bool, after: Position | None, limit: int
) -> SelectAny:
    """Return the statement for the rows of a page.

    The statement also reads one more row, which shows whether another page follows.
    """
    if after is not None:
        statement = statement.where(_beyond(key, after, descending=descending))
    ordered = statement.order_by(*(column.desc() if descending else column.asc() for column in key))
    return ordered.limit(limit + 1)


def shown(rows: Sequence[R], key: Key, *, limit: int, show: Callable[[R], V]) -> Page[V]:
    """Build a page from the rows that the statement of `page_of` returns."""
    items = rows[:limit]
    end = tuple(getattr(items[-1], column.key) for column in key) if len(rows) > limit else None
    return Page(tuple(map(show, items)), end)


def _beyond(key: Key, after: Position, *, descending: bool) -> ColumnElement[bool]:
    """Return a comparison of row values, `(a, b) > (:a, :b)`, which can use one index."""
    here = tuple_(*key)
    there = tuple_(*(literal(value, column.type) for column, value in zip(key, after, strict=True)))
    return here < there if descending else here > there
