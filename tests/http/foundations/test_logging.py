import json
import logging
import warnings
from io import StringIO
from typing import NoReturn

import pytest
import structlog

from entrypoints.log_levels import LogLevels
from entrypoints.logging_config import configure_logging, request_id

CANARY = "hunter2-C4n4ry"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def fail(error: Exception, cause: Exception | None = None) -> NoReturn:
    raise error from cause


def last_line(log: StringIO) -> dict[str, object]:
    line: dict[str, object] = json.loads(log.getvalue().splitlines()[-1])
    return line


def test_each_log_line_is_a_json_object_with_the_level_and_the_utc_time(log: StringIO) -> None:
    structlog.get_logger().info("placed", orders=2, note="a\r\nb\x1b[2J")
    assert log.getvalue().count("\n") == 1
    line = last_line(log)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {"event": "placed", "level": "info", "orders": 2, "note": "a\r\nb\x1b[2J"}


def test_log_lines_of_the_standard_library_have_the_json_format_of_the_service(log: StringIO) -> None:
    logging.getLogger("driver").warning("lost %s", "connection")
    line = last_line(log)
    assert (line["event"], line["level"], line["logger"]) == ("lost connection", "warning", "driver")
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_log_only_warnings_and_errors(log: StringIO) -> None:
    logging.getLogger("client").info("GET /%s", CANARY)
    assert log.getvalue() == ""


def test_python_warnings_are_logged(log: StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
    assert last_line(log)["logger"] == "py.warnings"


def test_log_lines_below_the_configured_level_are_omitted() -> None:
    stream = StringIO()
    configure_logging(LogLevels.parse("warning"), stream=stream)
    structlog.get_logger().info("x")
    assert stream.getvalue() == ""
    structlog.get_logger().warning("x")
    assert stream.getvalue() != ""


@pytest.mark.parametrize(
    "key",
    ["password", "PASSWORD", "new_password", "access_token", "Authorization", "client_secret", "cookie"],
)
def test_logged_values_of_fields_named_like_secrets_are_masked(key: str, log: StringIO) -> None:
    structlog.get_logger().info("x", **{key: CANARY}, nested={"deeper": {key: CANARY}})
    assert CANARY not in log.getvalue()
    assert last_line(log)[key] == "[redacted]"


def test_log_entry_of_an_exception_does_not_contain_the_exception_message(log: StringIO) -> None:
    try:
        fail(ExceptionGroup(CANARY, [ValueError(CANARY)]), cause=KeyError(CANARY))
    except ExceptionGroup:
        structlog.get_logger().exception("failed")
        logging.getLogger("driver").exception("failed")
    assert CANARY not in log.getvalue()
    for line in log.getvalue().splitlines():
        logged = json.loads(line)["exception"]
        for name in (
            "builtins.KeyError",
            "builtins.ExceptionGroup",
            "builtins.ValueError",
            "test_logging.py",
        ):
            assert name in logged


def test_log_line_of_a_request_contains_the_request_id(log: StringIO) -> None:
    token = request_id.set("r-1")
    structlog.get_logger().info("x")
    request_id.reset(token)
    assert last_line(log)["request_id"] == "r-1"
    structlog.get_logger().info("x")
    assert "request_id" not in last_line(log)


def test_terminal_log_line_escapes_line_breaks_and_control_characters(log: StringIO) -> None:
    terminal = Terminal()
    configure_logging(stream=terminal)
    structlog.get_logger().info("begun\nINFO forged", who="a\x1b[2Jb\u2028")
    assert terminal.getvalue().count("\n") == 1
    assert "\x1b[2J" not in terminal.getvalue()
    assert "begun\\nINFO forged" in terminal.getvalue()


def test_terminal_log_line_shows_the_exception(log: StringIO) -> None:
    terminal = Terminal()
    configure_logging(stream=terminal)
    try:
        fail(KeyError(CANARY))
    except KeyError:
        structlog.get_logger().exception("failed")
    assert "builtins.KeyError" in terminal.getvalue()
    assert CANARY not in terminal.getvalue()
