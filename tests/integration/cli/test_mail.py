from tests.integration.cli.conftest import Fetch, Run


def test_list_of_failed_mail_contains_no_control_characters(run: Run, fetch: Fetch) -> None:
    fetch(
        "INSERT INTO mail_requests (kind, address, requested_at, due_at, attempts, set_aside_at) "
        "VALUES ('password_reset', E'a\\x1b@example.com', now(), now(), 6, '2026-01-05T09:00:00Z')"
    )
    assert run("mail", "failed") == (
        0,
        "2026-01-05T09:00:00Z\tpassword_reset\ta\\u001b@example.com\t6\n",
        "",
    )


def test_list_of_failed_mail_is_empty_if_no_mail_has_failed(run: Run) -> None:
    assert run("mail", "failed") == (0, "", "")
