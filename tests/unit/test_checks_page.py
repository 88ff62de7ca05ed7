from pathlib import Path

from application.checks.ports import Invariant

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")


def test_the_page_tells_what_each_rule_says() -> None:
    for invariant in Invariant:
        assert f"| {invariant} | {invariant.meaning} |" in PAGE
