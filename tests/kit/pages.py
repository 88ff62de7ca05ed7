from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from application.shared.page import Page, Position

T = TypeVar("T")

PageAfter = Callable[[Position | None], Awaitable[Page[T]]]


async def pages(page_after: PageAfter[T]) -> AsyncIterator[Page[T]]:
    """Yield all pages of a list, beginning with the first page."""
    page = await page_after(None)
    yield page
    while page.next is not None:
        page = await page_after(page.next)
        yield page


async def all_items(page_after: PageAfter[T]) -> list[T]:
    """Return all rows of a list."""
    return [item async for page in pages(page_after) for item in page.items]
