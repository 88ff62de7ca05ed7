"""Parsing of NDJSON files: each line is an object with the fields of `POST /v1/products`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entrypoints.catalog_file.complaints import BadRow
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing import strict_json

_LINE_BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class NdjsonRows:
    """The rows of a file's text, each with its line number."""

    text: str

    def __iter__(self) -> Iterator[tuple[int, object]]:
        for number, line in enumerate(_LINE_BREAK.split(self.text), start=1):
            if line.strip():
                yield number, _row(line)

    @staticmethod
    def field(path: Sequence[str | int]) -> str:
        """Return the name of the field at `path`: `price.amount` for the amount of the price."""
        return ".".join(map(str, path))


def _row(line: str) -> object:
    try:
        return strict_json.parse(line.encode())
    except HTTPProblem as problem:
        return BadRow(_reason(problem))


def _reason(problem: HTTPProblem) -> str:
    """Return the parser's error without the line number.

    The number is always 1, because the parser gets only one line.
    """
    column = problem.params.get("column")
    if column is not None:
        return f"This is not JSON: there is a mistake at column {column}."
    return str(problem.detail)
