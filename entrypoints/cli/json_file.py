import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from entrypoints.cli.failures import CommandFailed


def write_json(document: Mapping[str, Any], file: Path | None) -> None:
    """Write a document for people to read, to standard output if there is no file. Raises CommandFailed."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from None
