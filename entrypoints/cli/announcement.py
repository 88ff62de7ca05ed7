"""The lines that `serve` prints as soon as the service answers."""

import os
import shlex
import threading
import time

from rich.console import Console

from entrypoints.cli.address import Address
from entrypoints.cli.program import shell_command
from entrypoints.cli.systemd import awaits_notification, notify_ready
from entrypoints.setting_names import PREFIX
from entrypoints.settings import Settings

POLL_SECONDS = 0.05


def announce_when_ready(address: Address, settings: Settings) -> None:
    """Print the service's address and notify systemd as soon as the service answers.

    The function waits in a background thread.
    """
    threading.Thread(target=_announce, args=(address, settings), name="announce", daemon=True).start()


def _announce(address: Address, settings: Settings) -> None:
    while not address.answers():
        time.sleep(POLL_SECONDS)
    console = Console(highlight=False, soft_wrap=True)
    for name, value in _lines(address, settings):
        console.print(f"[bold]{name:<12}[/bold] ", end="")
        console.print(value, markup=False)
    notify_ready()


def _lines(address: Address, settings: Settings) -> list[tuple[str, str]]:
    lines = [("Ready", address.url)]
    if settings.docs_enabled:
        lines.append(("Docs", f"{address.url}/docs"))
    if settings.database_url is None:
        lines.append(("Database", f"embedded PostgreSQL in {settings.data_dir}"))
    if settings.payment_provider == "sandbox":
        lines.append(("Payments", "sandbox (no real money)"))
    # Under systemd, the service runs with another user and other settings than a command in a terminal. The hints
    # would be wrong there.
    if awaits_notification():
        return lines
    return [
        *lines,
        ("First admin", f"{_command(settings)} users create-admin you@example.com"),
        ("Stop", "Ctrl-C"),
    ]


def _command(settings: Settings) -> str:
    """Return the beginning of a shell command.

    If STEELYARD_DATA_DIR selects the embedded database of this service, the command sets this variable, too.
    """
    command = shell_command()
    if settings.database_url is None and f"{PREFIX}DATA_DIR" in os.environ:
        return f"{PREFIX}DATA_DIR={shlex.quote(str(settings.data_dir))} {command}"
    return command
