"""Keyset pagination: paging neither skips nor repeats a row that exists throughout."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

Position = tuple[str | int | datetime | UUID, ...]
"""The position of a row: its sort values, of which the last one is unique."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, and the position of its last row if there are more."""

    items: tuple[T, ...]
    next: Position | None
