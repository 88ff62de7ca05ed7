"""Hostile request bodies that are derived from valid bodies."""

import json
from collections.abc import Iterator
from typing import Any

CANARY = "c4n4ry-9f1c2f9e"
"""A text that every sent value contains. No response and no log line may contain this text."""

MISSPELLED = "misspelled-field"
"""The name of a field that no schema has. An error may contain this name, but never the canary."""

NOT_INTEROPERABLE = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "1E+200000",
    "9007199254740992",
    "-9007199254740992",
    "9" * 400,
    "1" + "0" * 5000,
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    f'"{CANARY}\\u0000"',
    "[" * 40 + "]" * 40,
    '{"a":' * 40 + "1" + "}" * 40,
    "[" * 100_000,
    f'{{"{CANARY}":1,"{CANARY}":2}}',
    f"'{CANARY}'",
    '"\x01"',
    '"\n"',
    "01",
    "+1",
    ".5",
    "1.",
    "0x10",
    "1_000",
    "undefined",
    ",",
    f'"{CANARY}',
    "1,",
)
"""Texts that are invalid at every place of every body. Some texts are not well-formed JSON."""

OUT_OF_PLACE = (
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1.5",
    "1.0",
    "1e3",
    "-0.0",
    "9007199254740991",
    "-9007199254740991",
    '""',
    '"1"',
    '" "',
    '"NaN"',
    f'"{CANARY}"',
    f'"{CANARY}\\u202e\\u0007\\r\\nSet-Cookie: a=b"',
    f'"\'; DROP TABLE {CANARY}; --"',
    f'"{CANARY * 2000}"',
    "[]",
    "{}",
    f'["{CANARY}"]',
    f'{{"{MISSPELLED}":"{CANARY}"}}',
    '"2026-02-30T00:00:00Z"',
    '"00000000-0000-0000-0000-000000000000"',
)
"""JSON values that are valid at some places of a body, but invalid at most places."""

_PLACE = "@@place@@"


def with_values(body: Any, values: tuple[str, ...]) -> Iterator[bytes]:
    """Yield copies of the body. In each copy, a JSON text replaces one value or the whole body."""
    for holed in _with_hole(body):
        template = json.dumps(holed)
        for value in values:
            yield template.replace(f'"{_PLACE}"', value, 1).encode()


def with_strange_fields(body: Any) -> Iterator[bytes]:
    """Yield copies of the body. In each copy, one field is unknown, repeated, renamed or missing."""
    for holed in _with_hole(body, objects_only=True):
        template = json.dumps(holed)
        for strange in _strange(_at_hole(body, holed)):
            yield template.replace(f'"{_PLACE}"', strange, 1).encode()


def overlong(body: Any) -> Iterator[bytes]:
    """Yield copies of the body. In each copy, one list has at least 101 items."""
    for holed in _with_hole(body):
        found = _at_hole(body, holed)
        if isinstance(found, list):
            yield json.dumps(holed).replace(f'"{_PLACE}"', json.dumps(found * 101), 1).encode()


def otherwise_encoded(body: Any) -> Iterator[bytes]:
    """Yield variants of the body: in another encoding, truncated, empty, or larger than the size limit."""
    text = json.dumps(body)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp037"):
        yield text.encode(encoding)
    yield text.encode()[:-1]
    yield text.encode() * 2
    yield b"\xff" + text.encode()
    yield b""
    yield b" "
    yield text.encode() + b" " * 10_000_000
    yield b'{"' + CANARY.encode() + b'":"' + b"x" * 10_000_000 + b'"}'


def _strange(found: dict[str, Any]) -> Iterator[str]:
    text = json.dumps(found)
    inside = text[1:-1]
    separator = "," if inside else ""
    yield f'{{"{MISSPELLED}":"{CANARY}"{separator}{inside}}}'
    yield f'{{"__proto__":{{"{CANARY}":1}}{separator}{inside}}}'
    for name, value in found.items():
        yield f"{{{inside},{json.dumps(name)}:{json.dumps(value)}}}"
        yield json.dumps({other: member for other, member in found.items() if other != name})
        yield json.dumps(
            {name.upper() if other == name else other: member for other, member in found.items()}
        )


def _with_hole(body: Any, *, objects_only: bool = False) -> Iterator[Any]:
    """Yield copies of the body with a marker at one place."""
    if not objects_only or isinstance(body, dict):
        yield _PLACE
    if isinstance(body, dict):
        for name, member in body.items():
            for holed in _with_hole(member, objects_only=objects_only):
                yield {**body, name: holed}
    elif isinstance(body, list):
        for index, member in enumerate(body):
            for holed in _with_hole(member, objects_only=objects_only):
                yield [*body[:index], holed, *body[index + 1 :]]


def _at_hole(body: Any, holed: Any) -> Any:
    """Return the value of `body` at the place where `holed` contains the marker."""
    if holed == _PLACE:
        return body
    if isinstance(body, dict):
        return next(_at_hole(body[name], holed[name]) for name in body if body[name] != holed[name])
    return next(_at_hole(old, new) for old, new in zip(body, holed, strict=True) if old != new)
