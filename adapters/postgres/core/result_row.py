"""From entities to rows and back."""

from typing import Any, TypeAlias

from sqlalchemy import Row

ResultRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a result. Which columns it has is known to its statement only."""
