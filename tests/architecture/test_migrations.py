"""Migrations form one chain. Each migration states the oldest release that works with the new schema."""

import re
from pathlib import Path

from adapters.postgres.core.schema_revision import RELEASE

VERSIONS = Path(__file__).parents[2] / "adapters" / "postgres" / "core" / "migrations" / "versions"
REVISION = re.compile(r'^(down_)?revision = (?:"(\d{4})"|None)$', re.MULTILINE)


def test_migrations_form_a_numbered_chain() -> None:
    former = ""
    files = sorted(VERSIONS.glob("[0-9]*.py"))
    for number, file in enumerate(files, start=1):
        revisions = {bool(down): revision for down, revision in REVISION.findall(file.read_text())}
        assert file.name.startswith(f"{number:04}_"), file.name
        assert revisions == {False: f"{number:04}", True: former}, file.name
        former = f"{number:04}"
    assert len(files) > 10


RECORDED_SINCE = "0026"
"""The migration that added the table of compatible releases."""
MIN_COMPATIBLE_RELEASE = re.compile(r"^min_compatible_release = (\d+)$", re.MULTILINE)


def test_each_migration_states_the_oldest_compatible_release() -> None:
    files = [file for file in sorted(VERSIONS.glob("[0-9]*.py")) if file.name >= RECORDED_SINCE]
    for file in files:
        stated = [int(release) for release in MIN_COMPATIBLE_RELEASE.findall(file.read_text())]
        assert len(stated) == 1, f"{file.name} must set min_compatible_release, see docs/versioning.md"
        assert 2 <= stated[0] <= RELEASE, file.name
