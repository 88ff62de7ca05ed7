"""The repositories and queries in PostgreSQL."""
