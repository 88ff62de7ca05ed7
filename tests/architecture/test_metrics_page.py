"""The page about metrics lists every metric family with its type, labels and meaning."""

import re
from pathlib import Path

from entrypoints.metrics.families import FAMILIES, Family, Kind

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$", re.MULTILINE)


def _row(family: Family) -> tuple[str, str, str, str]:
    kind = "gauge" if family.kind not in {Kind.COUNTER, Kind.HISTOGRAM} else family.kind.name.lower()
    return family.name, kind, ", ".join(f"`{label}`" for label in family.labels), family.meaning


def test_page_lists_every_family() -> None:
    assert ROW.findall(PAGE.read_text()) == [_row(family) for family in FAMILIES]


def test_no_label_is_an_id() -> None:
    assert not [
        label for family in FAMILIES for label in family.labels if label == "id" or label.endswith("_id")
    ]
