"""Locks for migrations that change tables while the service uses these tables."""

import time

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.postgres.core.errors import DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE, sqlstate

_TIMEOUT = "200ms"
_PAUSE_SECONDS = 0.1
_ATTEMPTS = 20


def lock_tables(*tables: str) -> None:
    """Lock tables until the migration's transaction ends.

    Call this function before the first change.

    A transaction of the service can hold a lock on one table and need a lock on another table. A migration that locks
    these tables one by one can deadlock with the transaction. Requests that wait behind the migration then fail.

    To prevent this, the function tries to lock all tables within `_TIMEOUT`. If it cannot, it releases its
    locks, and tries again after a pause.

    Raises DBAPIError after `_ATTEMPTS` attempts.
    """
    connection = op.get_bind()
    for remaining in reversed(range(_ATTEMPTS)):
        try:
            with connection.begin_nested():
                connection.execute(text(f"SET LOCAL lock_timeout = '{_TIMEOUT}'"))
                connection.execute(text(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"))
                connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
        except DBAPIError as error:
            if not remaining or sqlstate(error) not in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED}:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return
