"""Pages by keyset."""

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
    """Return what `show` makes of the rows that come after a position in the order of their positions."""
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
