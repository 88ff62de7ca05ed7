"""docs/asvs.md lists each requirement of levels 1 and 2 of ASVS 5.0.0 exactly once.

`asvs.csv` has the ids and levels of the requirements.
"""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text()
LINE = re.compile(r"^\| (V\d+\.\d+\.\d+) \| ([12]) \| ([a-z ]+) \| (.+) \|$", re.MULTILINE)
REQUIREMENTS = LINE.findall(PAGE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
STATUSES = {"met", "not applicable", "not met"}


def test_asvs_page_lists_every_requirement_exactly_once() -> None:
    with (Path(__file__).parent / "asvs.csv").open() as lines:
        expected = [(row["id"], row["level"]) for row in csv.DictReader(lines)]
    assert len(expected) == 253
    assert [(requirement, level) for requirement, level, _, _ in REQUIREMENTS] == expected


@pytest.mark.parametrize(("requirement", "status", "text"), [(i, s, t) for i, _, s, t in REQUIREMENTS])
def test_every_asvs_requirement_has_an_existing_test_or_a_reason(
    requirement: str, status: str, text: str
) -> None:
    named = TEST.findall(text)
    assert status in STATUSES
    assert named if status == "met" else TEST.sub("", text).strip(" ,"), requirement
    for path, name in named:
        source = (ROOT / path).read_text()
        assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), f"{path}::{name}"


def test_totals_on_the_asvs_page_equal_the_numbers_of_table_rows() -> None:
    counted = Counter((status, level) for _, level, status, _ in REQUIREMENTS)
    for status in STATUSES:
        [line] = re.findall(rf"^\| {status} \| [^|]+ \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
        assert line == (str(counted[status, "1"]), str(counted[status, "2"])), status
