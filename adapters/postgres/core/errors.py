"""Translation of database errors to application errors and domain errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import InternalClientError, InvalidCachedStatementError, PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as CheckoutTimeout

from adapters.postgres.core.constraints import error_for_constraint
from application.shared.errors import DatabaseUnavailable, Overloaded
from application.shared.idempotency import IdempotencyInFlight
from domain.shared.errors import DomainError

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
READ_ONLY = "25006"
RECOVERY_CONFLICT = "40001"
"""The SQLSTATE of a recovery conflict.

A recovery conflict occurs if the primary has removed rows that a query on the standby needs. The standby then cancels
the query.

In a transaction, the same code reports a serialization failure.
"""

_BUSY = {
    RECOVERY_CONFLICT,
    DEADLOCK_DETECTED,
    "53300",  # too_many_connections
    "57014",  # query_canceled, by statement_timeout
}
_GONE = {
    READ_ONLY,  # read_only_sql_transaction: this server is a standby now
    "25P03",  # idle_in_transaction_session_timeout
    "3D000",  # invalid_catalog_name: the database was dropped, or renamed
    "55000",  # object_not_in_prerequisite_state: the database is not accepting connections
    "57P01",  # admin_shutdown
    "57P02",  # crash_shutdown
    "57P03",  # cannot_connect_now
}
_GONE_CLASSES = {
    "08",  # connection exceptions
    "28",  # invalid authorization: the password or the server's access rules were changed
    "53",  # insufficient resources
    "58",  # system errors
}


@contextmanager
def translated(*, lock_timeout_error: type[Overloaded | IdempotencyInFlight] = Overloaded) -> Iterator[None]:
    """Translate errors of the database, driver and pool to errors of application and domain.

    `lock_timeout_error` is raised if a lock is not released in time. If `constraints.py` has no error for a violated
    constraint, the error is raised unchanged. Such a violation is a mistake in the code.
    """
    try:
        yield
    except CheckoutTimeout:
        raise Overloaded from None
    # Timeouts of the driver are OSErrors too. The driver reports an internal error if the server ends the session
    # between two messages.
    except (OSError, InternalClientError) as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        reported = _reported(error)
        if reported is not None:
            _forget_values(reported)
        refusal = _refusal(reported, lock_timeout_error, is_disconnected=error.connection_invalidated)
        if refusal is None:
            raise
        raise refusal from error
    except PostgresError as error:  # Only DriverStatement raises the driver's errors directly.
        _forget_values(error)
        refusal = _refusal(error, lock_timeout_error, is_disconnected=False)
        if refusal is None:
            raise
        raise refusal from error


def sqlstate(error: DBAPIError) -> str:
    """Return the SQLSTATE of an error (PostgreSQL's appendix A).

    Return an empty text if the driver itself failed.
    """
    reported = _reported(error)
    return (reported.sqlstate or "") if reported else ""


def _refusal(
    reported: PostgresError | None,
    lock_timeout_error: type[Overloaded | IdempotencyInFlight],
    *,
    is_disconnected: bool,
) -> DomainError | None:
    state = (reported.sqlstate or "") if reported else ""
    if state == LOCK_NOT_AVAILABLE:
        return lock_timeout_error()
    if state in _BUSY or isinstance(reported, InvalidCachedStatementError):
        return Overloaded()
    if is_disconnected or state in _GONE or state[:2] in _GONE_CLASSES:
        return DatabaseUnavailable()
    return error_for_constraint(reported.constraint_name) if reported else None


def _reported(error: DBAPIError) -> PostgresError | None:
    """Return the server's error, or None if the error did not come from the server."""
    raised_by_driver = error.orig.__cause__ if error.orig else None
    return raised_by_driver if isinstance(raised_by_driver, PostgresError) else None


def _forget_values(reported: PostgresError) -> None:
    """Remove the DETAIL line, in which PostgreSQL quotes the row.

    A traceback must not contain values of rows.
    """
    reported.detail = None
