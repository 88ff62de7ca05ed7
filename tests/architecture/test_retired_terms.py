"""Retired names and phrases do not occur in the code and the docs.

retired_terms.toml lists them.
"""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TERMS = tomllib.loads((ROOT / "tests" / "architecture" / "retired_terms.toml").read_text())

LAYERS = ("domain", "application", "adapters", "entrypoints", "examples", "benchmarks", "tests")
MIGRATIONS = "adapters/postgres/core/migrations/versions/"
"""Migrations are excluded. A migration is never changed, so old migrations still contain retired names."""

TEST_NAME = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)


def _files(pattern: str, *folders: str) -> list[str]:
    found = (path for folder in folders for path in (ROOT / folder).rglob(pattern))
    return sorted(str(path.relative_to(ROOT)) for path in found)


SOURCES = [path for path in _files("*.py", *LAYERS) if not path.startswith(MIGRATIONS)]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *_files("*.md", "docs")]


@cache
def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _identifiers(source: str) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def _prose(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the text of each comment, each test name, and each string with several words."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.lineno, node.name.replace("_", " ")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(" ") > 1:
            yield node.lineno, node.value


def _text(path: str) -> Iterator[tuple[int, str]]:
    source = _read(path)
    return _prose(source) if path.endswith(".py") else iter(enumerate(source.splitlines(), start=1))


def _allowed(path: str) -> set[str]:
    return {
        pattern
        for prefix, patterns in TERMS["phrases_allowed"].items()
        if path.startswith(prefix)
        for pattern in patterns
    }


def _retired_phrases(path: str) -> list[str]:
    allowed = _allowed(path)
    return [
        f"{path}:{line}: {found.group()!r}: {phrase['use']}"
        for line, text in _text(path)
        for phrase in TERMS["phrases"]
        if not {phrase["pattern"], "*"} & allowed
        for found in [re.search(phrase["pattern"], " ".join(text.split()), re.IGNORECASE)]
        if found
    ]


def _retired_identifiers(path: str) -> list[str]:
    allowed = set(TERMS["identifiers_allowed"].get(path, ()))
    found = _identifiers(_read(path)) & (TERMS["identifiers"].keys() - allowed)
    return [f"{path}: {name}: use {TERMS['identifiers'][name]}" for name in sorted(found)]


def _by_folder(paths: list[str]) -> dict[str, list[str]]:
    """Group files by layer and feature, so that a failure names a small group of files."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault("/".join(path.split("/")[:2]) if "/" in path else path, []).append(path)
    return folders


SOURCE_FOLDERS = _by_folder(SOURCES)
PROSE_FOLDERS = _by_folder([*SOURCES, *PAGES])


@pytest.mark.parametrize("folder", sorted(SOURCE_FOLDERS))
def test_sources_contain_no_retired_identifier(folder: str) -> None:
    assert [found for path in SOURCE_FOLDERS[folder] for found in _retired_identifiers(path)] == []


@pytest.mark.parametrize("folder", sorted(PROSE_FOLDERS))
def test_texts_contain_no_retired_phrase(folder: str) -> None:
    assert [found for path in PROSE_FOLDERS[folder] for found in _retired_phrases(path)] == []


def test_every_retired_phrase_is_detected() -> None:
    text = "He was told whether a twin came in place of the catalogue."
    found = {
        phrase["use"] for phrase in TERMS["phrases"] if re.search(phrase["pattern"], text, re.IGNORECASE)
    }
    assert found == {
        "a noun: the client, the caller, the user",
        "return whether",
        "concurrent duplicate",
        "instead of",
        "catalog",
    }
    assert [text for _, text in _prose("# a twin\ndef test_a_twin(): ...\n")] == ["# a twin", "test a twin"]
