"""The settings of a server that lives as long as one run of the tests."""

FORGETFUL = {
    # What only a crash of the machine would lose, the next run makes again.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # A database ends with its test, and only a superuser may end an autovacuum that has just begun in it.
    "autovacuum": "off",
}
