class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot start. The message is one line: what is wrong, where, what to do."""
