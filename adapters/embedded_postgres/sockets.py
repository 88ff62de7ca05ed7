"""Where the unix socket is."""

import re
import shutil
import socket
import tempfile
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.layout import Layout

PORT = 5432  # part of the socket's name, and of nothing else
SOCKET = f".s.PGSQL.{PORT}"
# sun_path has 108 bytes on Linux, 104 on BSD and macOS, the final NUL included.
LONGEST_PATH = 103
# Commas, quotes and blanks would need an escape in PostgreSQL's settings, or have no escape in SQLAlchemy's URLs.
PLAIN = re.compile(r"[A-Za-z0-9/._~+=@-]+")


def prepare_socket_directory(layout: Layout, account: Account) -> Path:
    """Return a directory, open to the account alone, for the socket.

    It lies in the data directory; where that path is too long or not plain, in a temporary one, to which a link in
    the data directory leads: a server that is started again has its socket at the same place.
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
    directory = Path(tempfile.mkdtemp(prefix="steelyard-", dir="/tmp"))  # short, and mkdtemp makes it private
    account.own(directory)
    layout.socket.symlink_to(directory)
    return directory


def remove_socket_directory(layout: Layout, directory: Path) -> None:
    """Remove the directory, if it is a temporary one, and what leads to it."""
    if directory != layout.socket:
        shutil.rmtree(directory, ignore_errors=True)
        layout.socket.unlink(missing_ok=True)


def remove_stale_sockets(directory: Path) -> None:
    """Remove a dead server's socket, and the lock file whose process id may since be another's."""
    for stale in directory.glob(".s.PGSQL.*"):
        stale.unlink()


def answers(path: Path) -> bool:
    """Tell whether a process listens at the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except (BlockingIOError, TimeoutError):
            return True  # it listens, and is too busy to accept
        except OSError:
            return False
    return True


def _is_private(directory: Path, account: Account) -> bool:
    """Tell whether nobody else can have put anything there: in a shared directory, names can be taken."""
    try:
        status = directory.lstat()
    except FileNotFoundError:
        return False
    return (status.st_uid, status.st_mode) == (account.uid, 0o040700)
