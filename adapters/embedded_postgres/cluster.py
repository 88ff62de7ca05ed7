"""Create the database cluster atomically."""

import locale
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.binaries import Binaries
from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.layout import PASSWORD_FILE, Layout

ROLE = DATABASE = "steelyard"
# pg_hba.conf has no line for the superuser. The superuser can connect only in single-user mode, while the server is
# stopped.
ACCESS = f"local all {ROLE} scram-sha-256\n"
FIRST_WITH_BUILTIN_LOCALES = 17
FIRST_WITH_SYNC_METHODS = 17


def ensure_cluster(layout: Layout, account: Account, binaries: Binaries, *, durable: bool) -> None:
    """Create the cluster if it is missing.

    The cluster is created under a temporary name, and renamed when it is complete. If `durable` is true, the complete
    cluster is flushed to disk before it is renamed.

    Raises EmbeddedPostgresError, for example if the existing cluster has another major version.
    """
    for unfinished in layout.home.glob("cluster.*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    if layout.cluster.exists():
        _check_version(layout, binaries)
        return
    new = Path(tempfile.mkdtemp(prefix="cluster.", dir=layout.home))
    account.own(new)
    _run(account, [binaries["initdb"], "-D", str(new), *_initdb_options(binaries)])
    account.write(new / "pg_hba.conf", ACCESS)
    _add_role_and_database(new, account, binaries)
    if durable:
        _run(account, [binaries["initdb"], "--sync-only", *_sync_method(binaries), "-D", str(new)])
    new.rename(layout.cluster)
    _sync_directory(layout.home)


def _check_version(layout: Layout, binaries: Binaries) -> None:
    made_by = (layout.cluster / "PG_VERSION").read_text().strip()
    if made_by != str(binaries.major):
        raise EmbeddedPostgresError(
            f"{layout.cluster} was made by PostgreSQL {made_by}, and this is {binaries.version}: bring it over with "
            "pg_dump or pg_upgrade, or set STEELYARD_DATA_DIR to a new directory."
        )


def _initdb_options(binaries: Binaries) -> list[str]:
    """Return options of initdb.

    Text is sorted by code point. Search uses Unicode's character classes.
    """
    options = [
        "--username=postgres",
        "--auth=reject",
        "--encoding=UTF8",
        "--locale=C",
        f"--lc-ctype={_unicode_locale()}",
        "--data-checksums",
        "--no-sync",
    ]
    if binaries.major >= FIRST_WITH_BUILTIN_LOCALES:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


def _sync_method(binaries: Binaries) -> list[str]:
    """Return the option to flush all files with one system call, if the platform has this call."""
    has_syncfs = sys.platform == "linux" and binaries.major >= FIRST_WITH_SYNC_METHODS
    return ["--sync-method=syncfs"] if has_syncfs else []


def _unicode_locale() -> str:
    for name in ("C.UTF-8", "en_US.UTF-8"):  # The second locale is for macOS.
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        return name
    return "C"


def _add_role_and_database(cluster: Path, account: Account, binaries: Binaries) -> None:
    password = secrets.token_urlsafe(24)
    account.write(cluster / PASSWORD_FILE, password)
    # If a statement fails, the whole script fails. A failed statement is not logged, because one of the statements
    # contains the password.
    settings = ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic"]
    _run(
        account,
        [binaries["postgres"], "--single", "-D", str(cluster), *settings, "postgres"],
        input_text=f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n",
    )


def _run(account: Account, command: list[str], *, input_text: str = "") -> None:
    result = account.run(command, input_text=input_text)
    if result.returncode != 0:
        lines = f"{result.stdout}\n{result.stderr}".splitlines()
        complaint = next((line for line in lines if "error:" in line or "FATAL:" in line), "no reason given")
        raise EmbeddedPostgresError(f"{Path(command[0]).name} failed: {complaint}")


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
