"""Whether what the service stands on is there."""

from typing import Protocol

from domain.shared.errors import DomainError


class SchemaOutdated(DomainError):
    """The database has another schema than this version of the service needs."""

    code = "schema_outdated"

    def __init__(self) -> None:
        super().__init__(
            "The database's schema is not this version's. Run `python -m entrypoints db upgrade`."
        )
        self.retry_after = 5


class Health(Protocol):
    async def check(self) -> None:
        """Return if the database answers and has the right schema. Raise DatabaseUnavailable or SchemaOutdated."""
        ...
