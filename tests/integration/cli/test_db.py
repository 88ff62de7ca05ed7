"""The commands `db status`, `db upgrade` and `db downgrade`. Commands on schemas of newer and older releases."""

import asyncio
import subprocess

import pytest

from adapters.postgres.core.schema_revision import RELEASE, needed_revision
from tests.e2e.serving import PROGRAM
from tests.integration.cli.conftest import Run
from tests.kit.children import started
from tests.servers.newer_schema import migrate_to_newer_schema

CREATE_ADMIN = ("users", "create-admin", "boss@example.com")
PASSWORD = b"a password of some length"


def status(run: Run) -> tuple[int, dict[str, str], str]:
    code, out, err = run("db", "status")
    return code, {line[:26].strip(): line[26:] for line in out.splitlines()}, err


def test_commands_reject_an_empty_database_until_it_is_upgraded(
    run: Run, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_DATABASE_URL", empty_database_url)
    code, _, err = run(*CREATE_ADMIN, typed=PASSWORD)
    assert code == 1
    assert "Run the command `db upgrade` of this release." in err
    code, shown, err = status(run)
    assert (code, shown["schema revision"]) == (1, "none")
    assert err.startswith("Error: The database has no schema")
    assert run("db", "upgrade")[0] == 0
    assert run("db", "upgrade")[0] == 0
    assert run(*CREATE_ADMIN, typed=PASSWORD)[0] == 0


def test_db_status_command_shows_the_release_and_the_schema_revisions(run: Run) -> None:
    code, shown, err = status(run)
    assert (code, err) == (0, "")
    assert shown == {
        "release": str(RELEASE),
        "needed revision": needed_revision(),
        "schema revision": needed_revision(),
        "oldest compatible release": "2",
    }


def test_db_status_command_waits_until_another_process_has_migrated_the_database(
    run: Run, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_DATABASE_URL", empty_database_url)
    with started([*PROGRAM, "db", "status", "--wait"], stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == f"Waiting for schema revision {needed_revision()}.\n"
        assert run("db", "upgrade")[0] == 0
        assert f"schema revision           {needed_revision()}\n" in waiting.stdout.read()
        assert waiting.wait() == 0


def test_downgraded_database_is_rejected_until_it_is_upgraded(run: Run) -> None:
    code, out, err = run("db", "downgrade", "--to", "0014")
    assert (code, out, err) == (0, "The database schema is at revision 0014.\n", "")
    code, shown, err = status(run)
    assert (code, shown["schema revision"], err.count("\n")) == (1, "0014", 1)
    assert run("db", "upgrade")[0] == 0
    assert status(run)[0] == 0


def test_downgrade_to_an_unknown_revision_prints_one_error_line(run: Run) -> None:
    code, out, err = run("db", "downgrade", "--to", "9000")
    assert (code, out) == (1, "")
    assert err.startswith("Error: There is no revision 9000.")


@pytest.mark.parametrize(
    "command",
    [CREATE_ADMIN, ("worker",), ("db", "upgrade"), ("db", "status"), ("db", "status", "--wait"), ("check",)],
)
def test_newer_schema_incompatible_with_the_release_is_reported_in_one_line(
    run: Run, database_url: str, command: tuple[str, ...]
) -> None:
    asyncio.run(migrate_to_newer_schema(database_url, min_compatible_release=RELEASE + 1))
    code, _, err = run(*command, typed=PASSWORD)
    assert code == 1
    assert err.startswith("Error: The database has schema revision 9001, which needs release")
    assert err.count("\n") == 1


def test_commands_run_on_a_newer_schema_that_is_compatible_with_the_release(
    run: Run, database_url: str
) -> None:
    asyncio.run(migrate_to_newer_schema(database_url, min_compatible_release=RELEASE))
    assert run("db", "upgrade")[0] == 0
    assert status(run)[0] == 0
    assert run(*CREATE_ADMIN, typed=PASSWORD)[0] == 0
