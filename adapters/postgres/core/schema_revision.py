"""The release number of this code, and the schema revision that the code needs.

The revision is read from the names of the migration files. Alembic is imported only for a migration, because this
import would more than double the startup time.
"""

from functools import cache
from pathlib import Path

RELEASE = 3
"""The number of this release, which increases by one with each release.

In a migration, `min_compatible_release` is the oldest release that works with the migrated schema: see
docs/versioning.md.
"""

_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def known_revisions() -> frozenset[str]:
    """Return the revisions of this release's migrations, which are consecutive numbers."""
    return frozenset(file.name.partition("_")[0] for file in _MIGRATIONS.glob("[0-9]*.py"))


def needed_revision() -> str:
    """Return the revision of the last migration."""
    return max(known_revisions())
