"""The wheel, installed into an environment that contains only the locked requirements."""

import os
import shutil
import sys
import time
import zipfile
from pathlib import Path

import httpx2
import pytest

from tests.e2e.serving import CHECKOUT, STOP_SECONDS, place_an_order, serving
from tests.kit.children import run

LAYERS = ("domain", "application", "adapters", "entrypoints")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", directory],
        cwd=CHECKOUT,
    )
    [file] = directory.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command `steelyard`."""
    environment = tmp_path_factory.mktemp("environment")
    uv, python = _find_uv(), environment / "bin" / "python"
    lock = CHECKOUT / "requirements.lock"
    for arguments in (
        ["venv", "--clear", "--no-python-downloads", "--python", sys.executable, environment],
        ["pip", "sync", "--python", python, "--compile-bytecode", "--require-hashes", lock],
        ["pip", "install", "--python", python, "--compile-bytecode", "--no-deps", wheel],
        ["pip", "check", "--python", python],
    ):
        run([uv, "--quiet", *map(str, arguments)], cwd="/")
    return environment / "bin" / "steelyard"


def _find_uv() -> str:
    """Return the path of uv, which `make` installs with the environment.

    If uv is missing, the test is skipped. In CI, the test fails instead.
    """
    found = shutil.which("uv", path=f"{CHECKOUT}/.artefacts/uv/bin:{os.environ.get('PATH', '')}")
    if found is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)("There is no uv here.")
    return found


def test_wheel_contains_exactly_the_files_of_the_layers(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        contained = {name for name in archive.namelist() if ".dist-info/" not in name}

    files = (path for layer in LAYERS for path in (CHECKOUT / layer).rglob("*") if path.is_file())
    layers = {path.relative_to(CHECKOUT) for path in files if path.parent.name != "__pycache__"}
    assert contained == {
        "steelyard/__init__.py",
        "steelyard/__main__.py",
        *(f"steelyard/_app/{path}" for path in layers),
    }


def test_service_installed_from_the_wheel_runs_in_any_working_directory(
    program: Path, empty_database_url: str, tmp_path: Path
) -> None:
    root = Path("/")
    data_dir = tmp_path / "data"
    with serving(
        empty_database_url,
        checkout=root,
        program=[str(program)],
        metrics_port="0",
        data_dir=str(data_dir.relative_to(root)),
    ) as service:
        service.await_answer()
        assert place_an_order(service) == 201
        _request_password_reset(service.address.url)
        _await_file(data_dir / "mail")  # the worker writes this file, in the service's working directory
        run([program, "check"], cwd=root, env=service.environment)
        code, output = service.interrupt()

    assert code == 0
    assert "Traceback" not in output
    hint = program.parent.relative_to(root) / "python"
    assert f"{hint} -m steelyard users create-admin" in output


def _request_password_reset(url: str) -> None:
    answer = httpx2.post(f"{url}/v1/password-resets", json={"email": "boss@example.com"}, trust_env=False)
    answer.raise_for_status()


def _await_file(directory: Path) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while not any(directory.glob("*")):
        assert time.monotonic() < deadline, f"{directory} is empty."
        time.sleep(0.05)


def test_usage_errors_of_the_installed_program_contain_the_program_name(program: Path) -> None:
    ended = run([program, "users", "create-staff", "--none"], check=False, cwd="/")

    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: steelyard users create-staff")
    assert "Try 'steelyard users create-staff --help'" in ended.stderr


def test_installed_module_ignores_packages_in_the_working_directory(program: Path, tmp_path: Path) -> None:
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "__init__.py").write_text("raise RuntimeError")

    ended = run([program.parent / "python", "-m", "steelyard", "openapi", "export"], cwd=tmp_path)

    assert '"/v1/orders"' in ended.stdout
