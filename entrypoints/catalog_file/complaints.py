"""Errors in a catalog file.

Error messages do not quote the content of the file, because users may copy the messages to a log or a ticket.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error in a row.

    `line` is the number of the row's first line, counted from 1. `field` is the invalid field, if the error
    concerns one field.
    """

    line: int
    field: str | None
    reason: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.field is None else f"line {self.line}, {self.field}"
        return f"{place}: {self.reason}"


class BadFile(Exception):
    """The file cannot be read at all. The message is a sentence for the user of the command."""


class BadRows(Exception):
    """Some rows are invalid, so no row is imported."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__(f"{len(complaints)} complaints")
        self.complaints = complaints


class BadRow(Exception):
    """A row cannot be parsed. The message is a sentence for the user of the command."""
