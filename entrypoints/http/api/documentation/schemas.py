"""Changes to OpenAPI schemas. Pydantic has no options for these changes."""

import json
from collections.abc import Iterator
from typing import Any

_PREFIX = "#/components/schemas/"
_VALUES = {"const", "default", "enum", "example", "examples", "value"}
"""The members of a document that contain JSON values, not schemas."""
_BY_NAME = {"properties", "patternProperties"}
"""The keywords whose values map names, such as names of fields, to schemas."""
_KINDS = {"type", "anyOf", "oneOf", "allOf", "$ref", "const", "enum"}
"""Every schema has at least one of these keywords."""


def name_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the title of each schema as the schema's name.

    The titles are removed. Raises ValueError if two schemas have the same title.

    The new names are shorter. For a generic class, the name that Pydantic creates also contains the type arguments.
    """
    named = document["components"]["schemas"]
    names = {name: schema.get("title", name) for name, schema in named.items()}
    if len(set(names.values())) < len(names):
        raise ValueError(f"Two schemas have the same title: {sorted(names.values())}")
    renamed: dict[str, Any] = _named(document, names)
    renamed["components"]["schemas"] = {
        names[name]: schema
        for name, schema in sorted(
            renamed["components"]["schemas"].items(), key=lambda item: names[item[0]].casefold()
        )
    }
    return renamed


def _named(part: Any, names: dict[str, str]) -> Any:  # noqa: ANN401 - documents are nested arbitrarily
    if isinstance(part, str) and part.startswith(_PREFIX):
        return _PREFIX + names.get(part.removeprefix(_PREFIX), part.removeprefix(_PREFIX))
    if isinstance(part, float) and part.is_integer():
        return int(part)  # undo FastAPI's conversion of all bounds to floats
    if isinstance(part, list):
        return [_named(member, names) for member in part]
    if not isinstance(part, dict):
        return part
    is_schema = not part.keys().isdisjoint(_KINDS)
    changed: dict[str, Any] = {}
    for key, member in part.items():
        if key in _VALUES:
            changed[key] = member
        elif key in _BY_NAME and is_schema:
            changed[key] = {name: _named(schema, names) for name, schema in member.items()}
        elif not (key == "title" and is_schema):
            changed[key] = _named(member, names)
    return changed


def without_defaults(document: dict[str, Any]) -> None:
    """For each field of a request body, move the default into the description of the field.

    Some client generators, such as openapi-typescript, treat each field with a default as a required field. In a
    request body, clients may omit such a field.
    """
    schemas = document["components"]["schemas"]
    for name in sorted(_reachable(document)):
        for field in schemas[name].get("properties", {}).values():
            if "default" in field:
                default = field.pop("default")
                if "const" in field:
                    continue
                described = field.get("description", "")
                field["description"] = f"{described} Default: `{json.dumps(default)}`.".strip()


def _reachable(document: dict[str, Any]) -> set[str]:
    """Return the names of the schemas of request bodies, and of all schemas to which they refer."""
    found: set[str] = set()
    open_ = [
        content["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    while open_:
        for name in _references(open_.pop()):
            if name not in found:
                found.add(name)
                open_.append(document["components"]["schemas"][name])
    return found


def _references(part: Any) -> Iterator[str]:  # noqa: ANN401 - documents are nested arbitrarily
    if isinstance(part, list):
        for member in part:
            yield from _references(member)
    elif isinstance(part, dict):
        for key, member in part.items():
            if key == "$ref":
                yield member.removeprefix(_PREFIX)
            else:
                yield from _references(member)
