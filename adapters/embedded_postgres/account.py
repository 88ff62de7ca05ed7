"""The system account that runs PostgreSQL. PostgreSQL refuses to run as root."""

import ctypes
import logging
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.layout import Layout

NAME = "steelyard-postgres"
"""The system account that is created when root starts the server."""

FORMER_NAME = "nobody"
"""The account that earlier releases used. It is the fallback if no account can be created."""

PROGRAMS = "/usr/sbin:/sbin:/usr/bin:/bin"
_USERADD = (
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir=/nonexistent",
    "--shell=/usr/sbin/nologin",
)

logger = logging.getLogger(__name__)

# The caller's environment (PGDATA, PGPORT, PGOPTIONS, locales) must not influence the server.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    _prctl = ctypes.CDLL(None).prctl

    def _die_with(parent: int) -> None:
        """Make the kernel send SIGINT (fast shutdown) to this child process when the parent ends."""
        _prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

else:

    def _die_with(parent: int) -> None:
        """Do nothing, because only Linux can send the signal.

        If the server is still running after its parent has ended, the next start stops the server.
        """


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    @classmethod
    def for_layout(cls, layout: Layout) -> "Account":
        """Return the account that runs PostgreSQL.

        If the caller is not root, PostgreSQL runs as the caller. If the caller is root, PostgreSQL runs as the first
        of these accounts that exists and is not root:

        - the owner of the cluster, if this owner is not `FORMER_NAME`
        - the owner of the data directory
        - `NAME`, which is created if it is missing
        - `FORMER_NAME`, if `NAME` cannot be created

        Many unrelated programs run as `FORMER_NAME`, and could read the files of a cluster that this account owns.

        Raises:
            EmbeddedPostgresError: the system has no account that can run PostgreSQL.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        former = _find(FORMER_NAME)
        owners = [path.stat().st_uid for path in (layout.cluster, layout.data_dir) if path.exists()]
        if former and owners and owners[0] == former.pw_uid and layout.cluster.exists():
            owners = owners[1:]
        owner = next(filter(None, owners), None)
        try:
            entry = (
                pwd.getpwuid(owner) if owner else _find(NAME) or _make_account() or pwd.getpwnam(FORMER_NAME)
            )
        except KeyError:
            raise EmbeddedPostgresError(
                f"PostgreSQL does not run as root, and this system has no account `{owner or FORMER_NAME}` to run it as: "
                "run as an ordinary user, or let STEELYARD_DATABASE_URL name a server."
            ) from None
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def is_another(self) -> bool:
        return self.uid != os.geteuid()

    def own(self, path: Path) -> None:
        """Make this account the owner of the file or directory."""
        if self.is_another:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    # The methods below run commands as the account, never as root. Another program that runs as the account
    # could replace a file with a link, or write a wrong process id to a file. A command of root would then
    # write to the target of the link, or send a signal to the wrong process.

    def can_enter(self, directory: Path) -> bool:
        return self._shell('cd -- "$1"', str(directory)).returncode == 0

    def write(self, path: Path, text: str) -> None:
        """Write a file that only this account can read. Raises EmbeddedPostgresError."""
        if self._shell('umask 077 && cat >"$1"', str(path), input_text=text).returncode != 0:
            raise EmbeddedPostgresError(f"{path} cannot be written.")

    def signal(self, pid: int, how: signal.Signals) -> None:
        """Send a signal to a process if it exists and belongs to this account."""
        self._shell('kill -s "$1" "$2"', how.name.removeprefix("SIG"), str(pid))

    def run(self, command: Sequence[str], *, input_text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end. Raises PermissionError if the account may not execute it."""
        return subprocess.run(  # noqa: S603 - the service itself builds the command line
            command, check=False, input=input_text, capture_output=True, text=True, **self._child_options()
        )

    def start(self, command: Sequence[str], *, log: IO[str], keep_open: IO[str]) -> subprocess.Popen[bytes]:
        """Start a command that logs to `log` and inherits the open file `keep_open`."""
        return subprocess.Popen(  # noqa: S603 - the service itself builds the command line
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[keep_open.fileno()],
            **self._child_options(),
        )

    def _shell(self, script: str, *arguments: str, input_text: str = "") -> subprocess.CompletedProcess[str]:
        return self.run(["/bin/sh", "-c", script, "sh", *arguments], input_text=input_text)

    def _child_options(self) -> dict[str, Any]:
        parent = os.getpid()
        return {
            "cwd": "/",
            "env": ENVIRONMENT,
            "user": self.uid if self.is_another else None,
            "group": self.gid if self.is_another else None,
            "extra_groups": [] if self.is_another else None,
            "preexec_fn": lambda: _die_with(parent),
        }


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_account() -> pwd.struct_passwd | None:
    """Create the system account. If this fails, log the reason and return None."""
    useradd = shutil.which("useradd", path=PROGRAMS)
    if useradd is None:
        reason = "there is no program useradd"
    else:
        result = subprocess.run(  # noqa: S603 - the service itself builds the command line
            [useradd, *_USERADD, NAME], check=False, capture_output=True, text=True, env={"PATH": PROGRAMS}
        )
        reason = result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "useradd failed"
    # Another process may have created the account at the same time.
    entry = _find(NAME)
    if entry is None:
        logger.warning(
            "The account %s cannot be made (%s), so PostgreSQL runs as `%s`. Other programs that run as this account can "
            "read its data: make the account, or run as an ordinary user.",
            NAME,
            reason,
            FORMER_NAME,
        )
    return entry
