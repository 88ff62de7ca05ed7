"""The page about retention lists every table, and every setting that determines how long data is stored."""

import re
from pathlib import Path

from adapters.postgres.core.rows import Row
from entrypoints.setting_names import PREFIX
from entrypoints.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "retention.md"
ROW = re.compile(r"^\| (`.*?) \| (.*) \|$", re.MULTILINE)
NAME = re.compile(r"`([a-z_]+)`")
OTHER_SETTINGS = {"session_lifetime"}
"""Settings that determine how long data is stored, although their names do not contain `retention`."""


def test_retention_page_lists_every_table() -> None:
    listed = {name for tables, _ in ROW.findall(PAGE.read_text()) for name in NAME.findall(tables)}
    assert listed == set(Row.metadata.tables)


def test_retention_page_lists_every_retention_setting() -> None:
    retentions = {name for name in Settings.model_fields if name.endswith("_retention")}
    listed = {
        name.lower().removeprefix(PREFIX.lower())
        for name in re.findall(rf"{PREFIX}[A-Z_]+", PAGE.read_text())
    }
    assert listed - OTHER_SETTINGS == retentions
