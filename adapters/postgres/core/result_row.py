"""Rows of results, and their types."""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import Row

ResultRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a result. Which columns it has is known to its statement only."""

R = TypeVar("R")


def typed_rows(kind: type[R], rows: Sequence[ResultRow]) -> Sequence[R]:  # noqa: ARG001 - gives the type
    """Return rows as rows of a table, whose columns their statement selects, so that mappings are type-checked."""
    return cast("Sequence[R]", rows)
