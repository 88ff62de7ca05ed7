"""Query strings: every parameter known, none repeated, no NUL."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from entrypoints.http.problems.problem import HTTPProblem

T = TypeVar("T")

_MAX_ITEMS = 20

_REMEMBERED = 256
_SHORT = 256
"""Bytes of a query string, so that what is remembered is bounded."""


def remembering(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Return `read`, which is given a query string, with a memory: clients send the same short ones again and again.

    What it raises is not remembered.
    """
    remembered = lru_cache(_REMEMBERED)(read)
    return lambda query_string: (remembered if len(query_string) <= _SHORT else read)(query_string)


def ensure_known(query_string: bytes, repeatable: Mapping[str, bool]) -> None:
    """Raise HTTPProblem `unknown_parameter` or `validation_failed` unless the query string is acceptable.

    `repeatable` has the names of the operation's parameters, and whether one may be sent more than once. A name that
    is not known is told by its position: it is the client's, and is not repeated.
    """
    sent = QueryParams(query_string).multi_items()
    allowed = sorted(repeatable)
    names = ", ".join(allowed) or "none"
    items: list[dict[str, Any]] = [
        {
            "in": "query",
            "code": "unknown_parameter",
            "detail": f"Query parameter no. {position} is not known here. Allowed: {names}.",
            "params": {"position": position, "allowed": allowed},
        }
        for position, (name, _) in enumerate(sent, start=1)
        if name not in repeatable
    ]
    items += [
        {"parameter": name, "in": "query", "code": "repeated_parameter", "detail": "Send this once."}
        for name, count in Counter(name for name, _ in sent).items()
        if count > 1 and not repeatable.get(name, True)
    ]
    if items:
        count = f"{len(items)} query parameters are" if len(items) > 1 else "1 query parameter is"
        detail = f"{count} not acceptable here. Allowed: {names}."
        raise HTTPProblem("unknown_parameter", detail, errors=items[:_MAX_ITEMS])
    with_nul = [name for name, value in sent if "\0" in value]
    if with_nul:
        raise HTTPProblem(
            "validation_failed",
            "A text cannot have the character U+0000.",
            errors=[
                {
                    "parameter": name,
                    "in": "query",
                    "code": "invalid_format",
                    "detail": "A text cannot have the character U+0000.",
                }
                for name in with_nul
            ],
        )
