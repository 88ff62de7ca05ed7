"""Parts of responses that many operations share.

Each part occurs once in `components`, and operations refer to it.
"""

from collections.abc import Iterator
from typing import Any

from entrypoints.http.problems.problem import MEDIA_TYPE


def share_parts(document: dict[str, Any]) -> None:
    """Move all headers, and the examples of problems, into `components`.

    This step nearly halves the size of the document.
    """
    components = document["components"]
    headers: dict[str, Any] = components.setdefault("headers", {})
    examples: dict[str, Any] = components.setdefault("examples", {})
    for response in _responses(document):
        _refer(response.get("headers", {}), "headers", headers)
        _refer(response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}), "examples", examples)


def _responses(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from operation["responses"].values()


def _refer(parts: dict[str, Any], kind: str, shared: dict[str, Any]) -> None:
    """Replace each part with a reference to the shared part of the same name.

    A part that differs from the shared part stays unchanged.
    """
    for name, part in parts.items():
        if shared.setdefault(name, part) == part:
            parts[name] = {"$ref": f"#/components/{kind}/{name}"}
