"""The systemd units are valid and confined."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from entrypoints.cli import server, worker_process
from entrypoints.cli.failures import MISUSED
from tests.kit.children import run

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(file.name for file in UNITS.glob("*.service"))
OF_ALL_UNITS = "steelyard-.service.d/service.conf"
RUNNING = ("steelyard-api.service", "steelyard-worker.service")

MAX_EXPOSURE = 15
"""The maximum exposure level, in tenths, that `systemd-analyze security` may report for a unit.

The level of a unit also depends on the release of systemd, because releases weigh directives differently.
"""

CONFINEMENT = [
    ("User", "steelyard"),
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("AmbientCapabilities", ""),
    ("UMask", "0077"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateUsers", "yes"),
    ("ProtectProc", "invisible"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
    ("RestrictNamespaces", "yes"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    ("SystemCallFilter", "setpriority"),
]


def _directives(name: str) -> list[tuple[str, str]]:
    """Return the directives in the sequence in which they occur in the file. A directive can occur several times."""
    lines = (UNITS / name).read_text().splitlines()
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return [(key, value) for key, value in pairs]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Copies of the units, in which the service's command is replaced by an existing program."""
    units = tmp_path / "units"
    shutil.copytree(UNITS, units)
    for name in SERVICES:
        unit = (UNITS / name).read_text()
        assert unit.count("ExecStart=/opt/steelyard/bin/steelyard ") == 1
        (units / name).write_text(unit.replace("/opt/steelyard/bin/steelyard", shutil.which("true") or ""))
    return units


def _analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run systemd-analyze.

    If the program is missing, the test is skipped. If the tests run as root in CI, the test fails instead.
    """
    found = shutil.which("systemd-analyze")
    if found is None:
        must_exist = "CI" in os.environ and os.geteuid() == 0 and shutil.which("apt-get") is not None
        (pytest.fail if must_exist else pytest.skip)("There is no systemd-analyze here.")
    return run([found, *arguments], check=False)


def test_systemd_accepts_the_unit_files_of_the_service(installed: Path) -> None:
    verified = _analyze("verify", "--man=no", *sorted(installed.glob("*.service")))

    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_exposure_score_of_each_unit_is_below_the_maximum(name: str, installed: Path) -> None:
    rated = _analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", installed / name)

    assert rated.returncode == 0, rated.stdout + rated.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_unit_does_not_override_the_common_security_settings(name: str) -> None:
    """The common drop-in directory applies only to units whose names begin with `steelyard-`."""
    assert name.startswith("steelyard-")
    assert [pair for pair in CONFINEMENT if pair not in _directives(OF_ALL_UNITS)] == []
    assert {key for key, _ in CONFINEMENT} & {key for key, _ in _directives(name)} == set()


def test_secrets_key_is_passed_as_a_systemd_credential() -> None:
    directives = _directives(OF_ALL_UNITS)

    assert ("LoadCredential", "secrets-key:/etc/steelyard/secrets-key") in directives
    assert ("Environment", "STEELYARD_SECRETS_KEY_FILE=%d/secrets-key") in directives


@pytest.mark.parametrize("name", RUNNING)
def test_long_running_unit_starts_after_the_database_migration(name: str) -> None:
    directives = dict(_directives(name))

    assert "steelyard-migrate.service" in directives["Wants"].split()
    assert "steelyard-migrate.service" in directives["After"].split()
    assert directives["Type"] == "notify"


@pytest.mark.parametrize("name", RUNNING)
def test_stop_timeout_of_a_long_running_unit_exceeds_the_shutdown_duration(name: str) -> None:
    directives = dict(_directives(name))

    assert (directives["KillMode"], directives["KillSignal"]) == ("mixed", "SIGTERM")
    assert int(directives["TimeoutStopSec"]) >= 3 * max(server.STOP_SECONDS, worker_process.STOP_SECONDS)


@pytest.mark.parametrize("name", [OF_ALL_UNITS, "steelyard-migrate.service"])
def test_failed_operator_command_is_not_restarted_by_systemd(name: str) -> None:
    """If systemd restarted the command, the command would run every few seconds, and `systemd-run --wait` would never
    return.
    """
    assert "Restart" not in dict(_directives(name))


@pytest.mark.parametrize("name", RUNNING)
def test_service_with_wrong_settings_is_not_restarted_by_systemd(name: str) -> None:
    directives = dict(_directives(name))

    assert directives["Restart"] == "on-failure"
    assert directives["RestartPreventExitStatus"] == str(MISUSED)
