"""All runbooks have the same four headings, and mention only existing routes and log lines."""

import re
from pathlib import Path

import pytest

from entrypoints.http.app import create_app
from entrypoints.metrics.families import FAMILIES
from entrypoints.settings import Settings
from tests.kit.accounts import NO_DATABASE

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
PAGES = sorted(page for page in RUNBOOKS.glob("*.md") if page.name != "README.md")
PARTS = ["Symptom", "What to look at", "What to do", "How to see that it is over"]
ROUTE = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/v1/[\w/{}-]+)")
METRIC = re.compile(r"\b(?:steelyard|http_server|db_client)_[a-z_]+")
MAX_LINES = 75


def _name(page: Path) -> str:
    return page.stem


@pytest.fixture(scope="module")
def routes() -> set[tuple[str, str]]:
    paths = create_app(Settings(database_url=NO_DATABASE)).openapi()["paths"]
    return {(method.upper(), path) for path, operations in paths.items() for method in operations}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_runbook_has_four_sections_and_fits_on_one_page(page: Path) -> None:
    lines = page.read_text().splitlines()

    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == PARTS
    assert len(lines) <= MAX_LINES


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_routes_in_a_runbook_exist(page: Path, routes: set[tuple[str, str]]) -> None:
    assert set(ROUTE.findall(page.read_text())) <= routes


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_metrics_in_a_runbook_exist(page: Path) -> None:
    labels = {label for family in FAMILIES for label in family.labels}

    assert set(METRIC.findall(page.read_text())) <= {family.name for family in FAMILIES} | labels


def test_runbook_index_lists_every_runbook() -> None:
    index = (RUNBOOKS / "README.md").read_text()

    assert [page.name for page in PAGES if f"| [{page.name}]({page.name}) |" not in index] == []
