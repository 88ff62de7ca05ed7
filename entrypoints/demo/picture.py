"""A picture of a terminal, for documents."""

import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
"""Rich would have the reader fetch fonts from elsewhere; any monospaced one will do."""

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


def save_picture(console: Console, path: Path, *, title: str) -> None:
    """Write what a recording console has printed as an SVG without foreign addresses."""
    svg = _FONT_FACE.sub("", console.export_svg(title=title, theme=THEME, clear=False))
    path.write_text(svg.replace("Fira Code", "ui-monospace"), encoding="utf-8")
