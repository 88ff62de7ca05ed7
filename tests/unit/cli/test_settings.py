import io
import sys

import pytest

from tests.unit.cli.conftest import Run


def test_settings_are_printed_as_lines_if_the_output_is_a_pipe(run: Run) -> None:
    ended = run("config", "show", port="8123")
    assert ended.code == 0
    assert "STEELYARD_PORT=8123\n" in ended.out
    assert "STEELYARD_DATABASE_URL=\n" in ended.out


def test_settings_are_printed_as_a_table_if_the_output_is_a_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert run("config", "show").code == 0
    assert "┏" in terminal.getvalue()
    assert "STEELYARD_PORT" in terminal.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:canary@db.example.com/shop",
        "postgresql://db.example.com/shop?user=ann&password=canary",
    ],
)
def test_password_in_a_url_setting_is_masked(run: Run, url: str) -> None:
    ended = run("config", "show", database_url=url)
    assert "db.example.com" in ended.out
    assert "canary" not in ended.out + ended.err


@pytest.mark.parametrize("name", ["sandbox_webhook_secret", "stripe_api_key", "stripe_webhook_secret"])
def test_secret_settings_are_masked(run: Run, name: str) -> None:
    ended = run("config", "show", **{name: f"whsec_{'canary' * 8}"})
    assert f"STEELYARD_{name.upper()}=***" in ended.out
    assert "canary" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({}, "STRIPE_API_KEY"),
        ({"stripe_api_key": "sk_canary"}, "STRIPE_WEBHOOK_SECRET"),
    ],
)
def test_stripe_provider_with_a_missing_stripe_secret_is_rejected(
    run: Run, settings: dict[str, str], missing: str
) -> None:
    ended = run("config", "show", payment_provider="stripe", **settings)
    assert ended.code == 2
    assert ended.err.startswith(f"Error: STEELYARD_{missing} has to be set")
    assert "canary" not in ended.err


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"sandbox_webhook_secret": "canary"}, "Error: STEELYARD_SANDBOX_WEBHOOK_SECRET is wrong: "),
        ({"payment_provider": "canary"}, "Error: STEELYARD_PAYMENT_PROVIDER is wrong: "),
        ({"port": "canary"}, "Error: STEELYARD_PORT is wrong: "),
        ({"database_url": "mysql://ann:canary@db/shop"}, "Error: STEELYARD_DATABASE_URL is wrong: "),
    ],
)
@pytest.mark.parametrize("command", [("serve",), ("db", "upgrade"), ("config", "show"), ("demo",)])
def test_command_with_an_invalid_setting_prints_one_line_and_exits_with_code_2(
    run: Run, command: tuple[str, ...], settings: dict[str, str], line: str
) -> None:
    ended = run(*command, **settings)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(line)
    assert ended.err.count("\n") == 1
    assert "canary" not in ended.err


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("prot", " Did you mean STEELYARD_PORT?"),
        ("order_holds", " Did you mean STEELYARD_ORDER_HOLD?"),
        ("setting_of_a_later_release", ""),
    ],
)
def test_unknown_setting_causes_a_warning_with_the_most_similar_known_name(
    run: Run, caplog: pytest.LogCaptureFixture, name: str, hint: str
) -> None:
    ended = run("config", "show", **{name: "canary"}, port="8123")
    assert ended.code == 0
    assert "STEELYARD_PORT=8123\n" in ended.out
    assert caplog.messages == [
        f"STEELYARD_{name.upper()} is not a setting of this release.{hint} It is ignored."
    ]


def test_config_check_command_rejects_unknown_settings(run: Run) -> None:
    ended = run("config", "check", prot="canary", later="canary", port="8123")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "Error: STEELYARD_LATER is not a setting of this release."
        " STEELYARD_PROT is not a setting of this release. Did you mean STEELYARD_PORT?\n"
    )


def test_config_check_command_rejects_a_setting_with_an_invalid_value(run: Run) -> None:
    ended = run("config", "check", port="canary")
    assert ended.code == 2
    assert ended.err.startswith("Error: STEELYARD_PORT is wrong: ")


def test_config_check_command_accepts_valid_settings_and_old_setting_names(run: Run) -> None:
    ended = run("config", "check", port="8123", replays_kept="P3D", test_database="container")
    assert (ended.code, ended.out) == (0, "The settings are valid.\n")


def test_network_setting_is_parsed_as_a_comma_separated_list(run: Run) -> None:
    ended = run("config", "show", trusted_proxies="10.0.0.0/8,2001:db8::7")
    assert "STEELYARD_TRUSTED_PROXIES=10.0.0.0/8, 2001:db8::7/128\n" in ended.out


@pytest.mark.parametrize("origins", ["*", "https://shop.example/", "shop.example", "https://a.example,*"])
def test_cors_origin_with_a_pattern_is_rejected(run: Run, origins: str) -> None:
    ended = run("config", "show", cors_origins=origins)
    assert ended.code == 2
    assert ended.err.startswith(
        "Error: STEELYARD_CORS_ORIGINS is wrong: origins like https://shop.example are"
    )


def test_error_for_an_invalid_network_setting_contains_the_setting_name(run: Run) -> None:
    ended = run("config", "show", trusted_proxies="10.0.0.0/8, everybody")
    assert ended.code == 2
    assert ended.err.startswith("Error: STEELYARD_TRUSTED_PROXIES is wrong")
    assert "everybody" not in ended.err


def test_password_of_the_rate_limit_server_is_masked(run: Run) -> None:
    ended = run("config", "show", rate_limit_url="valkey://:canary@limits.example/0")
    assert "STEELYARD_RATE_LIMIT_URL=***" in ended.out
    assert "canary" not in ended.out + ended.err


def test_error_for_an_invalid_rate_limit_url_hides_the_url(run: Run) -> None:
    ended = run("config", "show", rate_limit_url="http://:canary@limits.example")
    assert ended.code == 2
    assert ended.err.startswith("Error: STEELYARD_RATE_LIMIT_URL is wrong: a URL like valkey://host:6379/0")
    assert "canary" not in ended.err


@pytest.mark.parametrize(
    "urls",
    [
        "nats://ann:canary@events.example",
        "tls://canary@events.example:4222,tls://[2001:db8::7]:4222/",
        "nats://a.example, nats://b.example",
    ],
)
def test_nats_server_urls_are_masked(run: Run, urls: str) -> None:
    ended = run("config", "show", nats_url=urls)
    assert "STEELYARD_NATS_URL=***" in ended.out
    assert "canary" not in ended.out + ended.err


@pytest.mark.parametrize(
    "urls",
    [
        "",
        "canary",
        "http://canary@events.example",
        "nats://",
        "nats://canary@",
        "nats://a.example,ws://canary@b.example",
        "nats://events.example:0",
        "nats://canary@events.example:x",
        "nats://events.example/canary",
        "nats://[canary",
    ],
)
def test_error_for_an_invalid_nats_url_hides_the_url(run: Run, urls: str) -> None:
    ended = run("config", "show", nats_url=urls)
    assert ended.code == 2
    assert ended.err.startswith(
        "Error: STEELYARD_NATS_URL is wrong: URLs like nats://user:password@host:4222"
    )
    assert "canary" not in ended.err


@pytest.mark.parametrize(
    "settings",
    [
        {"nats_stream": "with.dots"},
        {"nats_stream": ""},
        {"nats_subject_prefix": "steelyard.>"},
        {"nats_subject_prefix": "steelyard."},
        {"nats_subject_prefix": "a b"},
    ],
)
def test_invalid_nats_stream_name_or_subject_prefix_is_rejected(run: Run, settings: dict[str, str]) -> None:
    ended = run("config", "show", **settings)
    assert ended.code == 2
    assert ended.err.startswith(f"Error: STEELYARD_{next(iter(settings)).upper()} is wrong: ")


@pytest.mark.parametrize(
    ("old", "new", "value", "shown"),
    [
        ("check_every", "check_interval", "PT2H", "PT2H"),
        ("audit_log_kept", "audit_log_retention", "P400D", "P400D"),
        ("replays_kept", "idempotency_retention", "PT30H", "P1DT6H"),
    ],
)
def test_old_name_of_a_setting_is_accepted_with_a_warning(
    run: Run, caplog: pytest.LogCaptureFixture, old: str, new: str, value: str, shown: str
) -> None:
    ended = run("config", "show", **{old: value})
    assert f"STEELYARD_{new.upper()}={shown}\n" in ended.out
    [warning] = caplog.messages
    assert warning.startswith(f"STEELYARD_{old.upper()} is now called STEELYARD_{new.upper()}.")


def test_setting_that_is_set_under_its_old_and_its_new_name_is_rejected(run: Run) -> None:
    ended = run("config", "show", check_every="PT2H", check_interval="PT2H")
    assert ended.code == 2
    assert "is the old name of STEELYARD_CHECK_INTERVAL" in ended.err


@pytest.mark.parametrize("duration", ["P365D", "PT15M", "P1DT6H", "PT1H0.5S", "PT1M30S"])
def test_duration_setting_is_shown_in_its_original_format(run: Run, duration: str) -> None:
    assert f"STEELYARD_ORDER_HOLD={duration}\n" in run("config", "show", order_hold=duration).out


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://shop:secret@a:5433,b/db", "host=a%3A5433&host=b%3A5432"),
        ("postgresql://shop:secret@/db?host=a:5433&host=b:5432", "host=a%3A5433&host=b%3A5432"),
    ],
)
def test_several_database_hosts_are_read_from_the_url(run: Run, url: str, hosts: str) -> None:
    ended = run("config", "show", database_url=url)
    assert f"STEELYARD_DATABASE_URL=postgresql+asyncpg://shop:***@/db?{hosts}" in ended.out.splitlines()
