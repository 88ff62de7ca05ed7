"""Repositories and queries in memory, for tests without a database server.

They apply every rule that the database applies.
"""
