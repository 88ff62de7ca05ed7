from pathlib import Path

import adapters
import application
import domain
import entrypoints

ROOT = Path(__file__).parents[2]


def test_layer_packages_are_imported_from_the_repository_directory() -> None:
    assert [Path(path) for path in adapters.__path__] == [ROOT / "adapters"]
    for package in (application, domain, entrypoints):
        assert Path(str(package.__file__)).is_relative_to(ROOT)


def test_messages_do_not_contain_a_hard_coded_program_name() -> None:
    """The wheel installs the command `steelyard`. Without the wheel, the command is `python -m entrypoints`.

    A hard-coded name would be wrong in one of the two cases.
    """
    named = {
        str(path.relative_to(ROOT))
        for layer in ("domain", "application", "adapters", "entrypoints")
        for path in (ROOT / layer).rglob("*.py")
        if "-m entrypoints" in path.read_text()
    }

    assert named == {"entrypoints/__main__.py", "entrypoints/cli/program.py"}


def test_no_module_has_a_vague_name() -> None:
    vague = {"utils", "helpers", "manager", "base", "common", "impl", "misc", "util", "helper"}
    named_so = [
        path
        for layer in ("domain", "application", "adapters", "entrypoints", "tests")
        for path in (ROOT / layer).rglob("*.py")
        if path.stem in vague
    ]

    assert not named_so
