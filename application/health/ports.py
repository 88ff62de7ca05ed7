"""The check that this release can use the database."""

from typing import Protocol

from domain.shared.errors import DomainError

_RETRY_AFTER = 5
"""The number of seconds after which a client should retry.

A migration during a deployment takes about this number of seconds.
"""


class SchemaOutdated(DomainError):
    """The schema lacks a migration that this release needs."""

    code = "schema_outdated"

    def __init__(self, revision: str | None, *, needs: str, release: int) -> None:
        found = "has no schema" if revision is None else f"has schema revision {revision}"
        super().__init__(
            f"The database {found}, and release {release} needs revision {needs}. "
            "Run the command `db upgrade` of this release."
        )
        self.retry_after = _RETRY_AFTER


class ReleaseOutdated(DomainError):
    """A newer release has migrated the schema, and this release cannot use the new schema."""

    code = "release_outdated"

    def __init__(self, revision: str | None, *, needs: int, release: int) -> None:
        super().__init__(
            f"The database has schema revision {revision}, which needs release {needs} or newer, and this is release {release}. "
            "Start a newer release, or run its `db downgrade`."
        )
        self.retry_after = _RETRY_AFTER


class Health(Protocol):
    async def check(self) -> None:
        """Check that the database accepts writes and that this release can use its schema.

        The check fails if the server is a standby, if the disk is full, or if the synchronous standby does not
        respond.

        Raises:
            DatabaseUnavailable, SchemaOutdated, ReleaseOutdated
        """
        ...
