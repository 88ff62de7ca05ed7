"""Lists in portions, by keyset: a walk neither skips nor repeats a row that was there all the time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

Position = tuple[str | int | datetime | UUID, ...]
"""Where a row stands in its list: the values that it is sorted by, the last of them unique."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the position of the last of them if there are more."""

    items: tuple[T, ...]
    next: Position | None
