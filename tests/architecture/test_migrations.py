"""Migrations are one chain: two that were written at the same time would leave the database without a head."""

import re
from pathlib import Path

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
