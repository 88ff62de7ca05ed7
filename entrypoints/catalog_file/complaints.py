"""What is wrong with a file, told without its content: a complaint may end up in a log or a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong in the row that begins at a `line` of the file (the first is 1), and in which field, if in one."""

    line: int
    field: str | None
    reason: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.field is None else f"line {self.line}, {self.field}"
        return f"{place}: {self.reason}"


class BadFile(Exception):
    """The file as a whole cannot be read. The message is a sentence for people."""


class BadRows(Exception):
    """Some rows cannot be imported, so none is."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__(f"{len(complaints)} complaints")
        self.complaints = complaints


class BadRow(Exception):
    """A row that cannot be read as one. The message is a sentence for people."""
