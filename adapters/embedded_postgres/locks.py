"""File locks of the kernel (flock), released with the last process that has the file open, even after kill -9."""

import fcntl
from typing import IO


def try_lock(file: IO[str]) -> bool:
    """Lock the file exclusively if that is possible without waiting."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def share(file: IO[str]) -> None:
    """Wait until no process holds an exclusive lock, and take a shared one."""
    fcntl.flock(file, fcntl.LOCK_SH)
