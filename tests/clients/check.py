"""Check generated clients: generate, type-check and run them.

Programs that use the clients run against a service. `make clients-check` installs the tools and runs this
check.
"""

import os
import shutil
import sys
from pathlib import Path

from tests.e2e.serving import create_admin, serving
from tests.kit import children

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "tests" / "clients"
TOOLS = ROOT / ".artefacts" / "clients"
BIN, NODE_BIN = TOOLS / "venv" / "bin", TOOLS / "node_modules" / ".bin"
ADMIN, PASSWORD = "boss@example.com", "a long password of the boss"
TOOL_SECONDS = 900


def main() -> None:
    document = TOOLS / "openapi.json"
    run([sys.executable, "-m", "entrypoints", "openapi", "export", str(document)], ROOT)
    for check in (check_python, check_typescript):
        check(document)
    data_dir = TOOLS / "data"
    shutil.rmtree(data_dir, ignore_errors=True)
    with serving(data_dir=str(data_dir), log_level="warning") as service:
        service.await_answer()
        create_admin(service, ADMIN, PASSWORD)
        arguments = [service.address.url, ADMIN, PASSWORD]
        run([str(BIN / "python"), "shop.py", *arguments], TOOLS / "python")
        run(["node", "built/shop.js", *arguments], TOOLS / "typescript")
        service.interrupt()
    # While the folder is deleted, the embedded PostgreSQL may still be stopping, and may delete files itself.
    shutil.rmtree(data_dir, ignore_errors=True)
    print("Both clients signed up, logged in, placed orders, read pages and understood a problem.")


def check_python(document: Path) -> None:
    """Generate the Python client. Type-check the client and the program that uses the client."""
    folder = copied("python")
    generated = folder / "steelyard_client"
    run(
        [
            "openapi-python-client",
            "generate",
            "--fail-on-warning",
            "--meta=none",
            f"--path={document}",
            f"--output-path={generated}",
        ],
        folder,
    )
    run(["mypy", "--no-error-summary", "shop.py", "steelyard_client"], folder)


def check_typescript(document: Path) -> None:
    """Generate the TypeScript types, and compile the program that uses these types."""
    folder = copied("typescript")
    (folder / "package.json").write_text('{"type": "module"}\n')
    run(["openapi-typescript", str(document), "--output=schema.d.ts"], folder)
    run(["tsc", "--project", "."], folder)


def copied(language: str) -> Path:
    """Copy the program for one language into a new folder, and return this folder."""
    folder = TOOLS / language
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCES / language, folder)
    return folder


def run(command: list[str], folder: Path) -> None:
    """Run a tool that must succeed."""
    path = os.pathsep.join((str(BIN), str(NODE_BIN), os.environ["PATH"]))
    shown = " ".join(Path(part).name for part in command[:2])
    print(f"{shown}", flush=True)
    children.run(command, seconds=TOOL_SECONDS, cwd=folder, env={**os.environ, "PATH": path})


if __name__ == "__main__":
    main()
