"""Check whether this release can run on the database's schema."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.schema import Row
from adapters.postgres.core.schema_revision import RELEASE, known_revisions, needed_revision
from application.health.ports import ReleaseOutdated, SchemaOutdated


class SchemaRevisionRow(Row):
    """An applied migration, with the oldest release that works with the migrated schema.

    Migrations insert and delete these rows.
    """

    __tablename__ = "schema_revisions"

    revision: Mapped[str] = mapped_column(primary_key=True)
    min_compatible_release: Mapped[int]


FIND_STATE = text("""
    SELECT (SELECT version_num FROM alembic_version) AS revision,
           EXISTS (SELECT FROM schema_revisions WHERE revision = :needed) AS has_needed_revision,
           (SELECT coalesce(max(min_compatible_release), 1) FROM schema_revisions) AS min_compatible_release,
           current_setting('transaction_read_only')::boolean AS is_read_only
""")
"""This query fails with `undefined_table` before revision 0026, which created the table."""

FIND_REVISION = text("SELECT version_num AS revision FROM alembic_version")
"""This query fails with `undefined_table` in a database without a schema."""


def state_parameters() -> Mapping[str, object]:
    return {"needed": needed_revision()}


@dataclass(frozen=True, slots=True)
class SchemaState:
    revision: str | None
    """The last applied migration, or None if the database has no schema."""
    has_needed_revision: bool
    min_compatible_release: int

    @classmethod
    def of_row(cls, row: ResultRow) -> "SchemaState":
        """Return the state that a row of FIND_STATE describes."""
        return cls(row.revision, row.has_needed_revision, row.min_compatible_release)

    @classmethod
    def unrecorded(cls, revision: str | None) -> "SchemaState":
        """Return the state of a schema that does not have the table of revisions."""
        return cls(revision, has_needed_revision=False, min_compatible_release=1)

    @property
    def is_newer(self) -> bool:
        """Whether a newer release has migrated the database."""
        return self.revision is not None and self.revision not in known_revisions()

    def ensure_permits_release(self) -> None:
        """Raise ReleaseOutdated if the schema works only with newer releases."""
        if self.min_compatible_release > RELEASE or (self.is_newer and not self.has_needed_revision):
            raise ReleaseOutdated(
                self.revision, needs=max(self.min_compatible_release, RELEASE + 1), release=RELEASE
            )

    def ensure_compatible(self) -> None:
        """Raise ReleaseOutdated or SchemaOutdated if this release cannot run on the schema."""
        self.ensure_permits_release()
        if not self.has_needed_revision:
            raise SchemaOutdated(self.revision, needs=needed_revision(), release=RELEASE)
