"""docs/security.md promises nothing that no test holds."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
PROMISES = [
    line for line in PAGE.splitlines() if line.startswith("|") and not re.match(r"\|(-|\s*promise)", line)
]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.split("|")[1].strip()[:60])
def test_every_promise_names_tests_that_there_are(promise: str) -> None:
    named = TEST.findall(promise.split("|")[2])
    assert named
    for path, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), (
            f"{path}::{name}"
        )


def test_there_are_promises() -> None:
    assert len(PROMISES) > 30


def test_every_link_leads_somewhere() -> None:
    for target in LINK.findall(PAGE):
        assert (ROOT / "docs" / target).is_file(), target
