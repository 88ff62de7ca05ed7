"""The page about metrics lists every metric family with its type, labels and meaning."""

import re
from pathlib import Path

from entrypoints.metrics.families import FAMILIES, Family, Kind

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$", re.MULTILINE)


def _row(family: Family) -> tuple[str, str, str, str]:
    kind = "gauge" if family.kind not in {Kind.COUNTER, Kind.HISTOGRAM} else family.kind.name.lower()
    return family.name, kind, ", ".join(f"`{label}`" for label in family.labels), family.meaning


def test_metrics_page_lists_every_metric_family() -> None:
    assert ROW.findall(PAGE.read_text()) == [_row(family) for family in FAMILIES]


def test_metric_labels_contain_no_object_ids() -> None:
    assert not [
        label for family in FAMILIES for label in family.labels if label == "id" or label.endswith("_id")
    ]
