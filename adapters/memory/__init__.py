"""The repositories and queries in memory, with every rule of the database, for tests that need no server."""
