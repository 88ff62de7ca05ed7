from pathlib import Path

from application.checks.ports import Invariant

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")


def test_docs_page_about_checks_contains_the_meaning_of_each_invariant() -> None:
    for invariant in Invariant:
        assert f"| {invariant} | {invariant.meaning} |" in PAGE
