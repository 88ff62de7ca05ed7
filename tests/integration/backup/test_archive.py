"""A file in the archive of the write-ahead log is never changed."""

import subprocess
from pathlib import Path

import pytest

from tests.integration.backup.scripts import SCRIPTS
from tests.kit.children import run

NAME = "000000010000000000000001"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    archive = tmp_path / "archive"
    archive.mkdir()
    return archive


def store(archive: Path, content: str) -> "subprocess.CompletedProcess[str]":
    source = archive.with_name("source")
    source.write_text(content)
    return run([SCRIPTS / "archive-wal.sh", source, NAME, archive], check=False)


def test_repeated_archive_command_for_a_wal_file_succeeds_without_a_second_copy(archive: Path) -> None:
    codes = [store(archive, "a segment").returncode for _ in range(2)]

    assert codes == [0, 0]
    assert {path.name: path.read_text() for path in archive.iterdir()} == {NAME: "a segment"}


def test_archived_wal_file_is_not_overwritten_by_a_different_file(archive: Path) -> None:
    store(archive, "a segment")

    refused = store(archive, "a segment of another server")

    assert refused.returncode == 1
    assert "does another server use this archive?" in refused.stderr
    assert {path.name: path.read_text() for path in archive.iterdir()} == {NAME: "a segment"}
