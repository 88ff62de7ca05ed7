"""Commands that create, list and disable service clients, and that replace and retire client secrets."""

import pytest

from tests.integration.cli.conftest import Fetch, Run

NAME = "ware house"


def made(run: Run, *arguments: str) -> dict[str, str]:
    """Return the variables that a command prints when it creates a secret."""
    code, out, err = run("clients", *arguments)
    assert (code, err) == (0, "The secret is not shown again.\n")
    return dict(line.split("=", 1) for line in out.splitlines())


def listed(run: Run) -> list[list[str]]:
    code, out, err = run("clients", "list")
    assert (code, err) == (0, "")
    return [line.split("\t") for line in out.splitlines()]


def test_created_client_is_listed_without_its_client_secret(run: Run, fetch: Fetch) -> None:
    shown = made(run, "create", NAME, "--scope", "stock:write", "--scope", "orders:read")
    assert shown.keys() == {"client_id", "client_secret"}
    ((name, client_id, scopes, _, _, last_used),) = listed(run)
    assert (name, client_id) == (NAME, shown["client_id"])
    assert (scopes, last_used) == ("orders:read stock:write", "never")
    kept = str(fetch("SELECT c::text, s::text FROM service_clients c JOIN client_secrets s ON true"))
    assert shown["client_secret"] not in kept


def test_retired_client_secret_is_removed_from_the_list_of_clients(run: Run) -> None:
    first = made(run, "create", NAME, "--scope", "orders:read")
    second = made(run, "roll-secret", NAME)
    assert first["client_id"] == second["client_id"]
    assert first["client_secret"] != second["client_secret"]
    former, newer = (row[3] for row in listed(run))
    assert run("clients", "retire-secret", NAME, former) == (0, f"The secret {former} is retired.\n", "")
    assert [row[3] for row in listed(run)] == [newer]


def test_disabled_client_is_listed_as_disabled(run: Run) -> None:
    made(run, "create", NAME, "--scope", "orders:read")
    assert run("clients", "disable", NAME) == (0, f"{NAME} is disabled.\n", "")
    assert [row[3] for row in listed(run)] == ["disabled"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("create", NAME, "--scope", "orders:read"), "There is a client of this name."),
        (("create", "", "--scope", "orders:read"), "A name has 1 to 100 characters that can be shown."),
        (("roll-secret", NAME), "The client has two secrets."),
        (("roll-secret", "nobody"), "There is no client of this name."),
        (("retire-secret", NAME, "0192f0c4-0000-7000-8000-000000000001"), "The client has no such secret."),
    ],
)
def test_failed_client_command_prints_one_error_line(
    run: Run, arguments: tuple[str, ...], complaint: str
) -> None:
    made(run, "create", NAME, "--scope", "orders:read")
    made(run, "roll-secret", NAME)
    code, out, err = run("clients", *arguments)
    assert (code, out) == (1, "")
    assert complaint in err


@pytest.mark.parametrize("arguments", [("create", NAME), ("create", NAME, "--scope", "everything")])
def test_client_creation_with_a_missing_or_unknown_scope_is_rejected(
    run: Run, arguments: tuple[str, ...]
) -> None:
    code, out, _ = run("clients", *arguments)
    assert (code, out) == (2, "")
