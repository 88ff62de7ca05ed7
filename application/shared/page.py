"""Keyset pagination.

While a client reads all pages, rows can be added and deleted. A row that exists during the whole time is on exactly
one page.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

Position = tuple[str | int | datetime | UUID, ...]
"""The position of a row: the sort values of the row. The last sort value is unique."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, and the position of its last row if the list continues."""

    items: tuple[T, ...]
    next: Position | None


async def every_item(page_after: Callable[[Position | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Yield the rows of all pages of a list."""
    after: Position | None = None
    while True:
        page = await page_after(after)
        for item in page.items:
            yield item
        if page.next is None:
            return
        after = page.next
