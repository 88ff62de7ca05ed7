from pathlib import Path

import adapters
import application
import domain
import entrypoints

ROOT = Path(__file__).parents[2]


def test_adapters_is_ours_and_not_the_package_of_that_name() -> None:
    assert [Path(path) for path in adapters.__path__] == [ROOT / "adapters"]
    for package in (application, domain, entrypoints):
        assert Path(str(package.__file__)).is_relative_to(ROOT)


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "helpers", "manager", "base", "common", "impl", "misc", "util", "helper"}
    named_so = [
        path
        for layer in ("domain", "application", "adapters", "entrypoints", "tests")
        for path in (ROOT / layer).rglob("*.py")
        if path.stem in vague
    ]

    assert not named_so
