"""The script with which Alembic runs migrations.

`adapters.postgres.core.migrations` has already opened the connection.
"""

from collections.abc import Collection, Mapping

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory
from sqlalchemy import text

from adapters.postgres.core.rows import Row

_RECORDED_SINCE = "0026"


def _record_revision(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[object], run_args: Mapping[str, object]
) -> None:
    """Record an upgrade or a downgrade in `schema_revisions`, in the migration's transaction."""
    del ctx, heads, run_args  # Alembic passes the arguments by name.
    revision = step.up_revision_id
    if revision is None or revision < _RECORDED_SINCE:
        return
    connection = context.get_bind()
    if step.is_upgrade:
        release = (
            ScriptDirectory.from_config(context.config).get_revision(revision).module.min_compatible_release
        )
        connection.execute(
            text("INSERT INTO schema_revisions VALUES (:revision, :release)"),
            {"revision": revision, "release": release},
        )
    elif revision > _RECORDED_SINCE:
        connection.execute(
            text("DELETE FROM schema_revisions WHERE revision = :revision"), {"revision": revision}
        )


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    on_version_apply=_record_revision,
    # A single transaction would hold the locks of the first migration until the last migration ends.
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
