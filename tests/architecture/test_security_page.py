"""Every guarantee in docs/security.md names tests that exist."""

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
def test_tests_named_by_the_security_page_exist(promise: str) -> None:
    named = TEST.findall(promise.split("|")[2])
    assert named
    for path, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), (
            f"{path}::{name}"
        )


def test_security_page_lists_more_than_thirty_guarantees() -> None:
    assert len(PROMISES) > 30


def test_links_of_the_security_page_lead_to_existing_files() -> None:
    for target in LINK.findall(PAGE):
        assert (ROOT / "docs" / target).is_file(), target
