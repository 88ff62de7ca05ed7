"""Commands that run this program, for hints to the user and for child processes.

In a checkout the program is `python -m entrypoints`. The wheel installs the program as `steelyard`.
"""

import os
import shlex
import shutil
import sys
from pathlib import Path

NAME = "steelyard"
LAYERS = Path(__file__).parents[2]
"""The folder that contains the packages of the four layers: the checkout, or `steelyard/_app` of the wheel."""


def shell_command() -> str:
    """Return the beginning of a shell command that runs this program."""
    is_installed = LAYERS.name == "_app"
    if is_installed and shutil.which(NAME):
        return NAME
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return f"{shlex.quote(str(python))} -m {NAME if is_installed else 'entrypoints'}"


def child_command(*arguments: str) -> list[str]:
    """Return the command line that runs this program in a child process. The child needs `child_environment`."""
    return [sys.executable, "-P", "-m", "entrypoints", *arguments]


def child_environment() -> dict[str, str]:
    """Return an environment with which Python finds the program from any working directory."""
    path = os.pathsep.join([str(LAYERS), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}
