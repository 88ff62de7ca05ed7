"""File locks of the kernel (flock).

When no process has the file open any more, the kernel releases the lock. This also happens after kill -9.
"""

import fcntl
from typing import IO


def try_lock(file: IO[str]) -> bool:
    """Try to lock the file exclusively without waiting. Return whether the file is locked now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def share(file: IO[str]) -> None:
    """Wait until no process holds an exclusive lock, and take a shared lock."""
    fcntl.flock(file, fcntl.LOCK_SH)
