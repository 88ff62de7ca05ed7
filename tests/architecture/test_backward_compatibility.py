"""The OpenAPI and AsyncAPI documents are compatible with clients of the last release."""

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from entrypoints.asyncapi import asyncapi_document
from tests.kit.breaking_changes import breaking_changes, breaking_event_changes
from tests.kit.openapi import openapi_document

ROOT = Path(__file__).parents[2]
RELEASE = tomllib.loads((ROOT / "tests" / "releases.toml").read_text())["release"][-1]
ACCEPTED = tomllib.loads((ROOT / "tests" / "architecture" / "breaking_changes.toml").read_text())["accepted"]


@cache
def changes() -> list[str]:
    return [
        *breaking_changes(released("openapi"), openapi_document()),
        *breaking_event_changes(released("asyncapi"), asyncapi_document()),
    ]


def released(document: str) -> Any:
    return json.loads((ROOT / RELEASE[document]).read_text())


def test_every_breaking_change_of_the_api_or_events_is_listed_as_accepted() -> None:
    patterns = [re.compile(entry["change"]) for entry in ACCEPTED]
    assert [
        change for change in changes() if not any(pattern.fullmatch(change) for pattern in patterns)
    ] == []


@pytest.mark.parametrize("entry", ACCEPTED, ids=lambda entry: entry["change"])
def test_every_listed_breaking_change_exists_and_has_a_reason(entry: dict[str, str]) -> None:
    assert entry["reason"]
    assert any(re.fullmatch(entry["change"], change) for change in changes())
