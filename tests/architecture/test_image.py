"""The container image has the project's metadata. The services in compose.yaml run without privileges."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def test_image_labels_equal_the_project_metadata() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', DOCKERFILE))
    arguments = dict(re.findall(r"^ARG (\w+)=(.*)$", DOCKERFILE, re.MULTILINE))
    assert labels["title"].lower() == project["name"]
    assert labels["description"] == project["description"]
    assert labels["licenses"] == project["license"]
    assert labels["version"] == "${VERSION}"
    assert arguments["VERSION"] == project["version"]


@pytest.mark.parametrize("name", ["migrate", "api", "worker"])
def test_compose_service_has_no_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "user" not in service  # without `user`, the container runs as the image's user, and not as root
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_long_running_compose_services_are_restarted_and_have_health_checks() -> None:
    long_running = {name: service for name, service in SERVICES.items() if name != "migrate"}
    assert {name for name, service in long_running.items() if service["restart"] != "unless-stopped"} == set()
    assert {name for name, service in long_running.items() if "test" not in service["healthcheck"]} == set()


def test_compose_builds_the_image_locally() -> None:
    local = [service for service in SERVICES.values() if service["image"] == "steelyard:local"]
    assert [service["pull_policy"] for service in local] == ["build"] * 3
