"""The docs name only existing paths, tests, commands, targets and settings."""

import re
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from entrypoints.cli.app import app
from entrypoints.setting_names import PREFIX, TEST_PREFIX
from entrypoints.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for folder in ("docs", "deploy", "tests") for page in (ROOT / folder).rglob("*.md")),
    *sorted(unit for kind in ("*.service", "*.conf") for unit in (ROOT / "deploy" / "systemd").rglob(kind)),
]

FOLDERS = "domain|application|adapters|entrypoints|tests|examples|benchmarks|deploy|clients|docs"
PATH = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})/[\w./-]*\w/?")
MEDIA_TYPES = (
    "application/json",
    "application/merge-patch",
    "application/problem",
    "application/cloudevents",
)
TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
BARE_TEST_FILE = re.compile(r"(?<![\w/])test_\w+\.py")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
COMMAND = re.compile(r"(?:python -m entrypoints|`steelyard|bin/steelyard) ((?:[a-z-]+ ?)+)")
TARGET = re.compile(r"`make ([a-z-]+)")
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]+[A-Z]\b")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _missing_paths(text: str) -> set[str]:
    return {
        path for path in PATH.findall(text) if not (ROOT / path).exists() and not path.startswith(MEDIA_TYPES)
    }


def _missing_tests(text: str) -> set[str]:
    found = {
        f"{path}::{name}"
        for path, name in TEST.findall(text)
        if not (ROOT / path).is_file()
        or not re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    }
    return found | {name for name in BARE_TEST_FILE.findall(text) if not list((ROOT / "tests").rglob(name))}


def _is_command(words: list[str]) -> bool:
    command = typer.main.get_command(app)
    while isinstance(command, TyperGroup):
        if not words or words[0] not in command.commands:
            return False
        command = command.commands[words.pop(0)]
    return True


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_paths_in_a_docs_page_exist(page: Path) -> None:
    assert _missing_paths(page.read_text()) == set()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_tests_named_in_a_docs_page_exist(page: Path) -> None:
    assert _missing_tests(page.read_text()) == set()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_in_a_docs_page_lead_to_existing_files(page: Path) -> None:
    assert {link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_in_a_docs_page_exist(page: Path) -> None:
    named = COMMAND.findall(page.read_text())
    assert [command for command in named if not _is_command(command.split())] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_make_targets_in_a_docs_page_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(page.read_text())) <= targets


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_settings_in_a_docs_page_exist(page: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    named = {name for name in VARIABLE.findall(page.read_text()) if not name.startswith(TEST_PREFIX)}
    assert named <= known


def test_nonexistent_file_or_command_or_test_in_the_docs_is_detected() -> None:
    assert _missing_paths("see `domain/orders/none.py` and `domain/orders`") == {"domain/orders/none.py"}
    assert _missing_tests("`tests/conftest.py::test_none`, `test_none.py`") == {
        "tests/conftest.py::test_none",
        "test_none.py",
    }
    assert not _is_command(["serves"])
