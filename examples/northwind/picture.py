"""An SVG picture of terminal output, for the docs."""

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
"""A pattern that finds the reference to a web font in Rich's output.

The reference is removed, because any monospaced font suffices.
"""


def recording_console() -> Console:
    """Return a console that records all output.

    The console shows no animations, because it would record every frame of an animation.
    """
    return Console(highlight=False, record=True, width=WIDTH, force_terminal=False)


def save_picture(console: Console, path: Path, *, title: str) -> None:
    """Write the recorded output as an SVG without references to other servers."""
    console.print()  # Without this empty line, fonts with long descenders would cut off the last line.
    svg = _FOREIGN.sub("", console.export_svg(title=title, theme=THEME, clear=False))
    svg = svg.replace("Fira Code", "ui-monospace")
    path.write_text("".join(f"{line.rstrip()}\n" for line in svg.splitlines()), encoding="utf-8")
