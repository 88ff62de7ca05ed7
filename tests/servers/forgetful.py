"""Settings of a server that lives only during one test run."""

FORGETFUL = {
    # Durability is not needed: the next run creates its data again.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # Each test drops its database, and only a superuser may end an autovacuum that works in it.
    "autovacuum": "off",
}
