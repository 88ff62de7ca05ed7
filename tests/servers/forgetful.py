"""PostgreSQL settings for a server that exists only during one test run."""

FORGETFUL = {
    # The next run creates its data again, so durability is not needed.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # Each test drops its database. While autovacuum runs in the database, only a superuser can drop the database.
    "autovacuum": "off",
    # A statement fails if it waits too long for a lock that another test's connection holds.
    "lock_timeout": "120s",
}
