"""The software bill of materials lists the packages of the image."""

import json
import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.e2e.serving import CHECKOUT
from tests.kit.children import run


def test_sbom_lists_the_packages_that_the_lock_file_installs_in_the_image() -> None:
    run(["/usr/bin/env", "make", "--silent", "sbom"], cwd=CHECKOUT)
    document = json.loads((CHECKOUT / ".artefacts/steelyard.cdx.json").read_text())
    listed = {canonicalize_name(part["name"]): part["version"] for part in document["components"]}
    assert listed == packages_of_the_image()
    assert document["metadata"]["component"]["name"] == "steelyard"


def packages_of_the_image() -> dict[str, str]:
    """Return the versions of the locked packages that the Dockerfile does not uninstall."""
    lock = (CHECKOUT / "requirements.lock").read_text()
    locked = [Requirement(line) for line in re.findall(r"^(\S+==.*?) \\$", lock, re.MULTILINE)]
    [uninstalled] = re.findall(
        r"uv pip uninstall .* /opt/venv (.+)$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE
    )
    return {
        canonicalize_name(package.name): str(package.specifier).removeprefix("==")
        for package in locked
        if (package.marker is None or package.marker.evaluate()) and package.name not in uninstalled.split()
    }
