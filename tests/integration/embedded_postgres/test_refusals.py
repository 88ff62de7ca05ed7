from pathlib import Path

import pytest

from adapters.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.pid_file import PidFile


def refusal(data_dir: Path, settings: dict[str, str] | None = None) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught, EmbeddedPostgres(data_dir, settings or {}).lease():
        pass
    return str(caught.value)


def test_data_directory_of_another_postgresql_major_version_is_rejected(data_dir: Path) -> None:
    version = Layout(data_dir).cluster / "PG_VERSION"
    truth = version.read_text()
    version.write_text("12\n")
    try:
        message = refusal(data_dir)
    finally:
        version.write_text(truth)

    assert "was made by PostgreSQL 12" in message
    assert "STEELYARD_DATA_DIR" in message
    assert "\n" not in message


def test_file_at_the_data_directory_path_is_reported(data_dir: Path) -> None:
    in_the_way = data_dir / "file"
    in_the_way.touch()

    message = refusal(in_the_way)

    assert str(in_the_way) in message
    assert "STEELYARD_DATA_DIR" in message
    assert "\n" not in message


def test_postgresql_start_error_is_reported_in_one_line(data_dir: Path) -> None:
    message = refusal(data_dir, {"max_connections": "none"})

    assert 'invalid value for parameter "max_connections"' in message
    assert str(Layout(data_dir).log) in message
    assert "\n" not in message


def test_failed_start_leaves_no_process(data_dir: Path) -> None:
    refusal(data_dir, {"max_connections": "none"})

    with EmbeddedPostgres(data_dir).lease():
        assert PidFile.read(Layout(data_dir).cluster) is not None
