"""The shop kept in memory: for tests that want every rule of the database, and no database."""
