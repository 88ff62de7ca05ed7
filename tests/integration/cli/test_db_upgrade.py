import pytest

from tests.integration.cli.conftest import Run


def test_empty_database_is_rejected_until_upgraded(
    run: Run, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_DATABASE_URL", empty_database_url)
    create_admin = ("users", "create-admin", "boss@example.com")
    code, _, err = run(*create_admin, typed=b"a password of some length")
    assert code == 1
    assert "Run `python -m entrypoints db upgrade`." in err
    assert run("db", "upgrade")[0] == 0
    assert run("db", "upgrade")[0] == 0
    assert run(*create_admin, typed=b"a password of some length")[0] == 0
