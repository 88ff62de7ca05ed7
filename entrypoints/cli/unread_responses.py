"""On Linux, limit how long a client can leave a response unread.

The HTTP server has no timeout for unread responses. This module therefore sets the option TCP_USER_TIMEOUT on the
listening socket, and connections inherit the option. If a client accepts no data for this time, the kernel closes the
client's connection.

The HTTP server does not expose its sockets. This module finds them among the open files of the process.
"""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import sleep

_OPEN_FILES = Path("/proc/self/fd")
_RETRY_SECONDS = 0.02


def close_unread_connections(seconds: float) -> None:
    """Close each connection whose client accepts no data of a response for `seconds`.

    A thread waits until this process listens, and then sets the limit. The function returns immediately.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        threading.Thread(
            target=_set_timeout, args=(int(seconds * 1000),), name="unread-responses", daemon=True
        ).start()


def _set_timeout(milliseconds: int) -> None:
    while True:
        listeners = list(_listeners())
        for listener in listeners:
            with listener:
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        if listeners:
            return
        sleep(_RETRY_SECONDS)


def _listeners() -> Iterator[socket.socket]:
    """Yield duplicates of the TCP sockets on which this process listens."""
    for descriptor in [int(file.name) for file in _OPEN_FILES.iterdir()]:
        with suppress(OSError):  # the file was closed after the files were listed
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            found = socket.socket(fileno=os.dup(descriptor))
            if found.family in {socket.AF_INET, socket.AF_INET6} and found.getsockopt(
                socket.SOL_SOCKET, socket.SO_ACCEPTCONN
            ):
                yield found
            else:
                found.close()
