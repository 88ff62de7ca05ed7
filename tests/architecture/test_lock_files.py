"""Lock files pin every package, but do not contain the URL of a registry.

Packages are installed from the registry that the user of the lock file has configured.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NPM = ("benchmarks/peers/fastify", "tests/clients")
PYTHON = (
    "requirements.lock",
    "requirements-build.lock",
    "requirements-dev.lock",
    "benchmarks/requirements.lock",
    "tests/clients/requirements.lock",
)


@pytest.mark.parametrize("folder", NPM)
def test_npm_lock_file_pins_versions_and_contains_no_registry_url(folder: str) -> None:
    wanted = json.loads((ROOT / folder / "package.json").read_text())
    direct = {**wanted.get("dependencies", {}), **wanted.get("devDependencies", {})}
    assert [version for version in direct.values() if not re.fullmatch(r"[0-9][\w.-]*", version)] == []
    packages = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in direct} == direct
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


@pytest.mark.parametrize("file", PYTHON)
def test_python_lock_file_pins_versions_and_contains_no_registry_url(file: str) -> None:
    lines = (ROOT / file).read_text().splitlines()
    assert [
        line for line in lines if not re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ |    --hash=sha256:", line)
    ] == []
