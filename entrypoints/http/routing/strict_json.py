"""Strict JSON: I-JSON (RFC 7493), which every parser reads in the same way.

The module uses the standard library's decoder with hooks that reject values outside of I-JSON. Hooks cannot detect
all violations. Additional checks detect the other violations. These checks run only for bodies that can contain such
violations.
"""

import json
import math
import re
from typing import Any, NoReturn

from entrypoints.http.problems.problem import HTTPProblem

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader reads exactly (RFC 7493, section 2.2)."""

MAX_DEPTH = 32
"""The maximum nesting of arrays and objects."""

MAX_MEMBERS = 1000
"""The maximum number of fields and array items in a body. No operation takes more than 400.

Validation describes each unknown field, so the cost of validation grows with the number of fields.
"""

_SAFE_DIGITS = len(str(MAX_INTEGER)) - 1
_CONTAINERS = (dict, list)
_BAD_CHARACTER = re.compile("[\0\ud800-\udfff]")
_MAX_STRINGS = 2 * MAX_MEMBERS + 1
"""The maximum number of strings. A field has at most two strings: its name and its value."""
_TOKENS = re.compile(r'(?P<string>"[^"]*"?)|(?P<member>,|[\[{](?![ \t\n\r]*+[\]}]))|[^",\[{]+|.')
"""A pattern that splits JSON without escapes into strings, beginnings of members, and other text.

A member begins with `,` or with the start of a non-empty array or object.
"""
_TOO_DEEP = f"The body is nested too deeply. At most {MAX_DEPTH} levels are read."


class _NotInteroperable(ValueError):
    """The body is JSON, but not I-JSON. The message is for the client."""


def parse(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse a body. Raises HTTPProblem `malformed_json` with the position, never the input."""
    try:
        text = body.decode()
        _ensure_few_members(text)
        value = _DECODER.decode(text)
        if text.count("{") + text.count("[") > MAX_DEPTH:
            _ensure_shallow(value)
        if "\\u" in text:
            _ensure_clean(value)
    except json.JSONDecodeError as error:
        raise HTTPProblem(
            "malformed_json",
            f"This is not JSON: there is a mistake at line {error.lineno}, column {error.colno}.",
            params={"line": error.lineno, "column": error.colno},
        ) from None
    except UnicodeDecodeError as error:
        raise HTTPProblem(
            "malformed_json",
            f"JSON is written in UTF-8, and byte no. {error.start + 1} of the body is not.",
            params={"byte": error.start + 1},
        ) from None
    except _NotInteroperable as error:
        raise HTTPProblem("malformed_json", str(error)) from None
    except RecursionError:
        raise HTTPProblem("malformed_json", _TOO_DEEP) from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NotInteroperable("An object of the body has the same key twice.")
    return value


def _integer(literal: str) -> int:
    if len(literal) > _SAFE_DIGITS:
        significant = literal.lstrip("-")
        if len(significant) > _SAFE_DIGITS + 1 or int(significant) > MAX_INTEGER:
            raise _NotInteroperable(f"A number of the body is beyond ±{MAX_INTEGER}.")
    return int(literal)


def _float(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise _NotInteroperable("A number of the body is too large.")
    return value


def _constant(_: str) -> NoReturn:
    raise _NotInteroperable("NaN and Infinity are not JSON.")


def _ensure_shallow(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Reject a value that is nested too deeply.

    The function is not recursive. A recursive function could exhaust the stack if a value is nested very deeply.
    """
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [member for member in level if type(member) in _CONTAINERS]
        if not level:
            return
        level = [inner for member in level for inner in (member.values() if type(member) is dict else member)]
    raise _NotInteroperable(_TOO_DEEP)


def _ensure_few_members(text: str) -> None:
    """Reject a body that has too many members. The check runs before the body is decoded."""
    if text.count(",") + text.count("{") + text.count("[") <= MAX_MEMBERS:
        return
    members = strings = 0
    for token in _TOKENS.finditer(text.replace("\\\\", "").replace('\\"', "")):
        strings += token.lastgroup == "string"
        members += token.lastgroup == "member"
        if members > MAX_MEMBERS or strings > _MAX_STRINGS:
            raise _NotInteroperable(f"A body has at most {MAX_MEMBERS} fields and items here.")


def _ensure_clean(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Reject forbidden characters in any string.

    If such a character is written directly, the decoder has rejected it before. This function rejects characters that
    are written as escapes.
    """
    if isinstance(value, str):
        if _BAD_CHARACTER.search(value):
            raise _NotInteroperable("A text of the body has the character U+0000 or an unpaired surrogate.")
    elif isinstance(value, dict):
        for key, member in value.items():
            _ensure_clean(key)
            _ensure_clean(member)
    elif isinstance(value, list):
        for member in value:
            _ensure_clean(member)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
