"""Refusals that come from the running of the service, not from the rules of the shop."""

from domain.shared.errors import DomainError


class Overloaded(DomainError):
    """More work is waiting than can be done in time; nothing was begun. `retry_after` is in seconds."""

    code = "overloaded"

    def __init__(
        self, detail: str = "The service is busy. Try again shortly.", *, retry_after: int = 1
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class DatabaseUnavailable(DomainError):
    """The database does not answer. Whether a change was kept is known only to its idempotency key."""

    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__("The database does not answer. Try again shortly, with the same idempotency key.")
        self.retry_after = 1
