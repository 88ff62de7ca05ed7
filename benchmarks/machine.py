"""The hardware, and the versions of the software, on which results depend.

Reports contain this data, so it must not identify the machine.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.contenders import GO, NODE, PEERS
from benchmarks.database import Server

PYTHON_PACKAGES = ("fastapi", "granian", "uvicorn", "uvloop", "sqlalchemy", "asyncpg", "pydantic")


def facts(server: Server) -> dict[str, str]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _version_line("git", "rev-parse", "--short", "HEAD"),
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version() + (" of the distribution" if sys.base_prefix == "/usr" else ""),
        "PostgreSQL": server.query("SHOW server_version")[0]["server_version"],
        "Python packages": ", ".join(f"{name} {metadata.version(name)}" for name in PYTHON_PACKAGES),
        "Node": _version_line(str(NODE), "--version"),
        "Node packages": ", ".join(f"{name} {version}" for name, version in _node_packages().items()),
        "Go": _version_line(str(GO), "env", "GOVERSION"),
        "pgx": _version_line(
            "dpkg-query", "--show", "--showformat=${Version}", "golang-github-jackc-pgx-v4-dev"
        ),
        "wrk": _version_line("wrk", "-v").split(" [")[0],
    }


def _node_packages() -> dict[str, str]:
    packages: dict[str, str] = json.loads((PEERS / "fastify" / "package.json").read_text())["dependencies"]
    return packages


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    match = re.search(r"model name\s*: (.+)", file.read_text()) if file.exists() else None
    return match[1] if match else platform.machine()


def _version_line(*command: str) -> str:
    """Return the first line of a tool's version output, or "none" if the tool is not installed."""
    if shutil.which(command[0]) is None:
        return "none"
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - the arguments are constants
    return next(iter((done.stdout + done.stderr).splitlines()), "").strip()
