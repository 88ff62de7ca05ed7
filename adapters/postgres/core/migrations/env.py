"""Run by Alembic, on the connection that `adapters.postgres.core.migrations` has opened."""

from alembic import context

from adapters.postgres.core.rows import Row

context.configure(connection=context.config.attributes["connection"], target_metadata=Row.metadata)
with context.begin_transaction():
    context.run_migrations()
