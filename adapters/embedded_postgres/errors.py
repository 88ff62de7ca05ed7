class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot serve. The message is one line for people: what is wrong, where, what to do."""
