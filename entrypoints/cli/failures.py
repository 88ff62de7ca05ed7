"""Errors that a command prints as plain lines instead of a traceback."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

FAILED = 1
MISUSED = 2
"""The exit code for wrong settings. Typer uses the same code for wrong arguments."""


class CommandFailed(Exception):
    """The command fails, and prints `message` and then `details` on standard error.

    Each member of `details` is one line.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = details


@contextmanager
def print_errors() -> Iterator[None]:
    """Print expected errors as plain lines and exit.

    Unexpected errors are raised with their traceback.
    """
    try:
        yield
    except Exception as error:
        described = _describe(error)
        if described is None:
            raise
        code, (first, *rest) = described
        print(f"Error: {first}", *(f"  {line}" for line in rest), sep="\n", file=sys.stderr)  # noqa: T201 - prints to the terminal
        sys.exit(code)


def _describe(error: Exception) -> tuple[int, list[str]] | None:
    """Return the exit code and the lines to print, or None for an unexpected error."""
    from adapters.embedded_postgres import EmbeddedPostgresError
    from domain.shared.errors import DomainError
    from entrypoints.setting_names import WrongSettings

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
def describe_database_errors() -> Iterator[None]:
    """Raise CommandFailed if the database cannot be reached or denies access."""
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
    """Return the first line of the root cause's message, because other lines quote statements or rows."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    first_line = str(error).partition("\n")[0].rstrip(". ")
    return first_line or type(error).__name__
