from pathlib import Path

from domain.orders.lifecycle import TRANSITIONS, OrderStatus
from entrypoints.lifecycle_page import lifecycle_page

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_lifecycle_page_equals_the_page_generated_from_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == lifecycle_page(), "`make docs` rewrites the page."


def test_lifecycle_page_shows_all_statuses_and_all_actions_and_all_events() -> None:
    page = lifecycle_page()
    names = {
        *OrderStatus,
        *(row.action for row in TRANSITIONS),
        *(row.event for row in TRANSITIONS if row.event),
    }
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_lifecycle_diagram_shows_every_transition() -> None:
    [_, diagram, _] = lifecycle_page().split("```")
    for row in TRANSITIONS:
        if row.source is not row.target:
            assert f"{row.source or '[*]'} --> {row.target}: {row.action}" in diagram
