import os

import pytest

from tests.e2e.serving import CHECKOUT, PROGRAM
from tests.integration.cli.conftest import Fetch, Run
from tests.kit import children

PASSWORD = b"a password of some length"


def test_admin_is_created_with_a_piped_password(database_url: str, fetch: Fetch) -> None:
    ended = children.run(
        [*PROGRAM, "users", "create-admin", "Boss@Example.com"],
        typed=f"{PASSWORD.decode()}\n",
        cwd=CHECKOUT,
        env=os.environ | {"STEELYARD_DATABASE_URL": database_url},
    )
    assert ended.stderr == ""
    assert ended.stdout.startswith("boss@example.com is now an admin")
    assert fetch("SELECT email, role FROM users") == [("boss@example.com", "admin")]
    assert fetch("SELECT action, actor_id, request_id, details->>'role' FROM audit_log") == [
        ("user.signed_up", None, "users create-admin", "admin")
    ]


def test_admin_creation_with_a_used_email_address_prints_one_error_line(run: Run) -> None:
    assert run("users", "create-admin", "boss@example.com", typed=PASSWORD)[0] == 0
    assert run("users", "create-admin", "BOSS@example.com", typed=PASSWORD) == (
        1,
        "",
        "Error: There is an account with this e-mail address.\n",
    )


@pytest.mark.parametrize(
    ("email", "typed", "complaint"),
    [
        ("canary", PASSWORD, "This is not an e-mail address."),
        ("canary\udcff@example.com", PASSWORD, "This is not an e-mail address."),
        ("a@example.com", b"", "Standard input has no password. Pass it as one line."),
        ("a@example.com", b"\n" + PASSWORD, "Standard input has no password. Pass it as one line."),
        ("a@example.com", b"canary\xff\n", "The password on standard input is not UTF-8."),
        ("a@example.com", b"canary\n", "A password has at least 12 characters."),
        ("a@example.com", b"canary" * 1000, "A password has at most 128 characters."),
        ("a@example.com", b"password1234\n", "This password is on a list of known ones. Choose another."),
    ],
)
def test_error_for_a_failed_admin_creation_does_not_contain_the_invalid_input(
    run: Run, email: str, typed: bytes, complaint: str
) -> None:
    code, out, err = run("users", "create-admin", email, typed=typed)
    assert (code, out) == (1, "")
    assert complaint in err
    assert "canary" not in err


def test_account_created_by_the_staff_creation_command_has_the_role_staff(run: Run, fetch: Fetch) -> None:
    assert run("users", "create-staff", "packer@example.com", typed=PASSWORD)[0] == 0
    assert fetch("SELECT email, role FROM users") == [("packer@example.com", "staff")]


@pytest.mark.parametrize("email", ["Boss <boss@example.com>", "=?utf-8?q?boss?=@example.com"])
def test_admin_email_address_with_a_display_name_or_encoded_word_is_rejected(run: Run, email: str) -> None:
    code, _, err = run("users", "create-admin", email, typed=PASSWORD)
    assert (code, err) == (1, "Error: This is not an e-mail address.\n")


def test_admin_email_address_with_an_internationalized_domain_is_stored_in_ascii(
    run: Run, fetch: Fetch
) -> None:
    code, out, _ = run("users", "create-admin", "Boss@münchen.de", typed=PASSWORD)
    assert (code, out.split()[0]) == (0, "boss@xn--mnchen-3ya.de")
    assert fetch("SELECT email, email_typed FROM users") == [
        ("boss@xn--mnchen-3ya.de", "Boss@xn--mnchen-3ya.de")
    ]
    assert run("users", "create-admin", "boss@xn--mnchen-3ya.de", typed=PASSWORD)[0] == 1
