"""The directory of the Unix socket."""

import re
import shutil
import socket
import tempfile
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.layout import Layout

PORT = 5432  # The port is only a part of the socket's name. No process listens on it.
SOCKET = f".s.PGSQL.{PORT}"
# A socket's path has at most 108 bytes on Linux, and 104 on BSD and macOS, including the final NUL.
LONGEST_PATH = 103
# The path must not contain commas, quotes or blanks. PostgreSQL requires an escape for these characters, but a URL of
# SQLAlchemy cannot contain this escape.
PLAIN = re.compile(r"[A-Za-z0-9/._~+=@-]+")


def prepare_socket_directory(layout: Layout, account: Account) -> Path:
    """Return a directory for the socket. Only the account can enter this directory.

    If the path of the data directory is short and has no special characters, the directory is created in the data
    directory. Otherwise the directory is created in `/tmp`, and a link in the data directory points to it. A
    restarted server follows the link, so the path of the socket stays the same.
    """
    if layout.socket.is_symlink():
        if _is_private(former := layout.socket.readlink(), account):
            return former
        layout.socket.unlink()
    path = str(layout.socket / SOCKET)
    if len(path) <= LONGEST_PATH and PLAIN.fullmatch(path):
        layout.socket.mkdir(mode=0o700, exist_ok=True)
        account.own(layout.socket)
        return layout.socket
    shutil.rmtree(layout.socket, ignore_errors=True)
    # The directory has a short path, and only the owner can enter it.
    directory = Path(tempfile.mkdtemp(prefix="steelyard-", dir="/tmp"))
    account.own(directory)
    layout.socket.symlink_to(directory)
    return directory


def remove_socket_directory(layout: Layout, directory: Path) -> None:
    """If the directory is temporary, remove it and the link to it."""
    if directory != layout.socket:
        shutil.rmtree(directory, ignore_errors=True)
        layout.socket.unlink(missing_ok=True)


def remove_stale_sockets(directory: Path) -> None:
    """Remove the socket of a dead server, and the lock file of the socket.

    The lock file contains the process id of the dead server. Another program may have this id now. PostgreSQL
    would then refuse to start.
    """
    for stale in directory.glob(".s.PGSQL.*"):
        stale.unlink()


def answers(path: Path) -> bool:
    """Return whether a process listens on the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except (BlockingIOError, TimeoutError):
            return True  # The process listens, but is too busy to accept the connection.
        except OSError:
            return False
    return True


def _is_private(directory: Path, account: Account) -> bool:
    """Return whether only the account can create files in the directory."""
    try:
        status = directory.lstat()
    except FileNotFoundError:
        return False
    return (status.st_uid, status.st_mode) == (account.uid, 0o040700)
