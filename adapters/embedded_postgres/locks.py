"""Locks of the kernel on files (flock): they go with the last process that has the file open, even after kill -9."""

import fcntl
from typing import IO


def try_lock(file: IO[str]) -> bool:
    """Take the file for this process alone, if that is possible at once."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def share(file: IO[str]) -> None:
    """Wait until nobody has the file for himself alone, and share it."""
    fcntl.flock(file, fcntl.LOCK_SH)
