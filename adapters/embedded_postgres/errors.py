class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot start.

    The message is one line with the error, the file or program, and a remedy.
    """
