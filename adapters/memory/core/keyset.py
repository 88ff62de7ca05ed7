"""Keyset pagination."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from application.shared.page import Page, Position

R = TypeVar("R")
V = TypeVar("V")


def page(
    rows: Iterable[R],
    *,
    position: Callable[[R], Position],
    show: Callable[[R], V],
    descending: bool,
    after: Position | None,
    limit: int,
) -> Page[V]:
    """Return the page of rows after a position. The rows are sorted by position.

    `show` turns each row into a view.
    """
    rest = sorted(
        (
            row
            for row in rows
            if after is None or (position(row) < after if descending else position(row) > after)
        ),
        key=position,
        reverse=descending,
    )
    shown = rest[:limit]
    return Page(tuple(map(show, shown)), position(shown[-1]) if len(rest) > limit else None)
