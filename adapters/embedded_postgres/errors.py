class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot start.

    The message is one line with the error, its place and a remedy.
    """
