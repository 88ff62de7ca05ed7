"""How a command ends that could not do what it was asked for."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

FAILED = 1
MISUSED = 2
"""The exit code of a command that was called wrongly: Typer's for wrong arguments, and ours for wrong settings."""


class CommandFailed(Exception):
    """The command ends with this sentence on standard error, and `details`, a line each."""

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = details


@contextmanager
def failures_told() -> Iterator[None]:
    """End the program with a line for people, where a traceback would not help them."""
    try:
        yield
    except Exception as error:
        told = _event_fields(error)
        if told is None:
            raise
        code, (first, *rest) = told
        print(f"Error: {first}", *(f"  {line}" for line in rest), sep="\n", file=sys.stderr)  # noqa: T201 - to the terminal
        sys.exit(code)


def _event_fields(error: Exception) -> tuple[int, list[str]] | None:
    """Return the exit code and the lines to print, or None for what nobody has expected."""
    from adapters.embedded_postgres import EmbeddedPostgresError
    from domain.shared.errors import DomainError
    from entrypoints.settings import WrongSettings

    match error:
        case WrongSettings():
            return MISUSED, [str(error)]
        case CommandFailed():
            return FAILED, [str(error), *error.details]
        case EmbeddedPostgresError():
            return FAILED, [str(error)]
        case DomainError():
            return FAILED, [error.detail, *(violation.detail for violation in error.violations)]
        case _:
            return None


@contextmanager
def database_failures_told() -> Iterator[None]:
    """Raise CommandFailed where the database cannot be reached, or does not let us in."""
    import asyncpg
    from sqlalchemy.exc import SQLAlchemyError

    from application.shared.errors import DatabaseUnavailable

    try:
        yield
    except (OSError, asyncpg.PostgresError, SQLAlchemyError, DatabaseUnavailable) as error:
        raise CommandFailed(
            f"The database cannot be used: {_reason(error)}. Check STEELYARD_DATABASE_URL."
        ) from error


def _reason(error: Exception) -> str:
    """Return the first line of what the driver or the server says; further lines quote statements and rows."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    first_line = str(error).partition("\n")[0].rstrip(". ")
    return first_line or type(error).__name__
