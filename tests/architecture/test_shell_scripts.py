"""Shellcheck finds no errors in shell scripts. Backup scripts end at the first failing command."""

import os
import shutil
from pathlib import Path

import pytest

from tests.kit.children import run

ROOT = Path(__file__).parents[2]
FOLDERS = (".ci", "benchmarks", "deploy", "tests")
BACKUP = sorted((ROOT / "deploy" / "backup").glob("*.sh"))


def _is_shell_script(path: Path) -> bool:
    if not path.is_file() or "node_modules" in path.parts:
        return False
    with path.open("rb") as file:
        return file.readline().strip() in {b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/bin/sh"}


def test_shellcheck_finds_no_errors_in_the_shell_scripts() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        must_exist = "CI" in os.environ and os.geteuid() == 0 and shutil.which("apt-get") is not None
        (pytest.fail if must_exist else pytest.skip)("There is no shellcheck here.")
    scripts = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if _is_shell_script(path)]
    assert set(BACKUP) < set(scripts)

    run([shellcheck, *scripts])


@pytest.mark.parametrize("script", BACKUP, ids=lambda script: script.name)
def test_backup_script_is_executable_and_stops_at_the_first_failed_command(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert "\nset -euo pipefail\n" in script.read_text()
