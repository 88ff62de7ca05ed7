"""A picture of a terminal, for documents."""

import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

WIDTH = 92
THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)


_FOREIGN = re.compile(r"\s*(@font-face \{.*?\}|<!--.*?-->)\n", re.DOTALL)
"""What Rich would have the reader fetch from elsewhere. Any monospaced font will do."""


def recording_console() -> Console:
    """Return a console that remembers what it prints. It shows no animations: each of their frames would be kept."""
    return Console(highlight=False, record=True, width=WIDTH, force_terminal=False)


def save_picture(console: Console, path: Path, *, title: str) -> None:
    """Write what a recording console has printed as an SVG without foreign addresses."""
    console.print()  # the last line would be cut off where a font has long descenders
    svg = _FOREIGN.sub("", console.export_svg(title=title, theme=THEME, clear=False))
    svg = svg.replace("Fira Code", "ui-monospace")
    path.write_text("".join(f"{line.rstrip()}\n" for line in svg.splitlines()), encoding="utf-8")
