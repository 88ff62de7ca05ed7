"""Repositories and queries in memory, with every rule of the database, for tests without a server."""
