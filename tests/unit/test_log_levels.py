import json
import logging

import pytest
import structlog

from entrypoints.log_levels import LogLevels
from tests.kit.logs import captured_log

DEBUG, INFO, WARNING = logging.DEBUG, logging.INFO, logging.WARNING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", LogLevels()),
        ("WARNING", LogLevels(WARNING)),
        ("adapters.mail=debug", LogLevels(INFO, {"adapters.mail": DEBUG})),
        ("warning, access=info\nsqlalchemy=debug", LogLevels(WARNING, {"access": INFO, "sqlalchemy": DEBUG})),
    ],
)
def test_log_level_setting_is_parsed(text: str, expected: LogLevels) -> None:
    assert LogLevels.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["loud", "adapters=loud", "=debug", "adapters.=debug", "a-b=debug", "a=b=debug"]
)
def test_invalid_log_level_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="a level"):
        LogLevels.parse(text)


def test_package_has_the_log_level_of_its_nearest_configured_parent_package() -> None:
    levels = LogLevels.parse("error adapters=warning adapters.mail=debug")
    names = ("adapters.mail.smtp", "adapters.mailbox", "adapters", "domain", "")
    assert [levels.of(name) for name in names] == [DEBUG, WARNING, WARNING, logging.ERROR, logging.ERROR]


def test_log_lines_below_the_log_level_of_the_package_are_omitted() -> None:
    with captured_log("error, adapters=info, httpx2=debug") as log:
        for name in ("adapters.mail", "entrypoints"):
            structlog.get_logger(name).info(f"structlog {name}")
            structlog.get_logger(name).debug(f"structlog {name}")
        for name in ("httpx2", "asyncpg"):
            logging.getLogger(name).debug("logging %s", name)
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert events == ["structlog adapters.mail", "logging httpx2"]


def test_former_log_levels_do_not_apply_after_logging_is_configured_again() -> None:
    with captured_log("error, httpx2=debug"), captured_log("warning") as log:
        logging.getLogger("httpx2").debug("omitted")
        structlog.get_logger().warning("shown")
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == ["shown"]
