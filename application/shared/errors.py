"""Errors of the running service, as opposed to violations of the shop's rules."""

from domain.shared.errors import DomainError


class Overloaded(DomainError):
    """Too much work is waiting, so the request was not started. `retry_after` is in seconds."""

    code = "overloaded"

    def __init__(
        self, detail: str = "The service is busy. Try again shortly.", *, retry_after: int = 1
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class DatabaseUnavailable(DomainError):
    """The database does not answer. It is unknown whether a change was committed.

    The client can retry with the same idempotency key. If the change was committed, the retry returns its result.
    """

    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__("The database does not answer. Try again shortly, with the same idempotency key.")
        self.retry_after = 1
