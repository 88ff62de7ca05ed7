"""Which schema this version of the code needs.

It is read off the migrations' names: to load what runs them takes longer than anything else of a start, and only who
migrates needs it.
"""

from functools import cache
from pathlib import Path

_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def needed_revision() -> str:
    """Return the number of the last migration. They are numbered in one row."""
    return max(file.name for file in _MIGRATIONS.glob("[0-9]*.py")).partition("_")[0]
