"""Checks of query strings: size, UTF-8, unknown parameters and repeated parameters."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from entrypoints.http.problems.problem import MAX_VIOLATIONS, HTTPProblem
from entrypoints.http.routing.body import is_utf8

T = TypeVar("T")

MAX_BYTES = 8 * 1024
"""The maximum length of a query string.

The longest query has a cursor of 2 KiB and 200 characters of search text, which take up to 2.4 KiB when encoded.
"""

MAX_PARAMETERS = 50
"""The maximum number of query parameters. No operation has more than ten."""

_REMEMBERED = 256
_SHORT = 256
"""The maximum length, in bytes, of a query string whose parsed values are cached."""


def remembering(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Return `read` with a cache, because clients often send the same short query strings.

    Errors are not cached.
    """
    remembered = lru_cache(_REMEMBERED)(read)
    return lambda query_string: (remembered if len(query_string) <= _SHORT else read)(query_string)


def ensure_known(query_string: bytes, repeatable: Mapping[str, bool]) -> None:
    """Check a query string against the names of the operation's parameters.

    `repeatable` maps each name to whether the parameter may be sent more than once. The error for an unknown
    parameter contains the position of the parameter. It does not contain the name, which could be a misplaced secret.

    Raises:
        HTTPProblem: `query_too_large`, `malformed_request`, `unknown_parameter` or `validation_failed`.
    """
    _ensure_small(query_string)
    if not is_utf8(query_string):
        raise HTTPProblem("malformed_request", "The query is not UTF-8.")
    sent = QueryParams(query_string).multi_items()
    items = list(islice(_unacceptable(sent, repeatable), MAX_VIOLATIONS + 1))
    if items:
        raise HTTPProblem(
            "unknown_parameter",
            f"{_counted(items)} not acceptable here. Allowed: {_listed(repeatable)}.",
            errors=items[:MAX_VIOLATIONS],
        )
    with_nul = [name for name, value in sent if "\0" in value]
    if with_nul:
        detail = "A text cannot have the character U+0000."
        raise HTTPProblem(
            "validation_failed",
            detail,
            errors=[
                {"parameter": name, "in": "query", "code": "invalid_format", "detail": detail}
                for name in with_nul
            ],
        )


def _ensure_small(query_string: bytes) -> None:
    if len(query_string) > MAX_BYTES or query_string.count(b"&") >= MAX_PARAMETERS:
        raise HTTPProblem(
            "query_too_large",
            f"A query has at most {MAX_BYTES} bytes and {MAX_PARAMETERS} parameters.",
            params={"max_bytes": MAX_BYTES, "max_parameters": MAX_PARAMETERS},
        )


def _unacceptable(
    sent: Sequence[tuple[str, str]], repeatable: Mapping[str, bool]
) -> Iterator[dict[str, Any]]:
    """Yield a description of each unknown parameter, and then of each repeated parameter."""
    for position, (name, _) in enumerate(sent, start=1):
        if name not in repeatable:
            yield {
                "in": "query",
                "code": "unknown_parameter",
                "detail": f"Query parameter no. {position} is not known here. Allowed: {_listed(repeatable)}.",
                "params": {"position": position, "allowed": sorted(repeatable)},
            }
    for name, count in Counter(name for name, _ in sent).items():
        if count > 1 and not repeatable.get(name, True):
            yield {
                "parameter": name,
                "in": "query",
                "code": "repeated_parameter",
                "detail": "Send this once.",
            }


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _counted(items: Sequence[object]) -> str:
    if len(items) > MAX_VIOLATIONS:
        return f"More than {MAX_VIOLATIONS} query parameters are"
    return f"{len(items)} query parameters are" if len(items) > 1 else "1 query parameter is"
