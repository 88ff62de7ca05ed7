"""Conversion of views and events to JSON and back."""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

_adapters: dict[type, TypeAdapter[Any]] = {}


def to_json(value: object, *, without: AbstractSet[str] = frozenset()) -> str:
    """Return a dataclass as JSON text without the excluded fields."""
    # `TypeAdapter.dump_json` takes longer, because it passes all options to the serializer.
    return _adapter(type(value)).serializer.to_json(value, exclude=set(without)).decode()


def from_json(text: str, type_: type[T]) -> T:
    """Return the dataclass that `to_json` serialized.

    Raises pydantic's ValidationError for other text.
    """
    result: T = _adapter(type_).validate_json(text)
    return result


def from_stored_json(text: str, type_: type[T]) -> T:
    """Return a dataclass from JSON that another release may have written.

    Unknown fields are ignored. Enum values that this release does not know are removed from tuples. A missing field
    gets its default. If the field has no default, it gets None, an empty tuple or an empty mapping, depending on its
    type.

    Raises ValidationError for other text, for example if a missing field is a number and has no default.
    """
    try:
        return from_json(text, type_)
    except ValidationError:
        result: T = _adapter(type_).validate_json(json.dumps(_completed(json.loads(text), type_)))
        return result


def _completed(value: Any, type_: Any) -> Any:  # noqa: ANN401 - JSON values and fields can have any type
    """Return the JSON value with values added for missing fields."""
    if type(None) in get_args(type_):
        type_ = next(member for member in get_args(type_) if member is not type(None))
    if isinstance(value, list) and get_origin(type_) is tuple:
        return _completed_items(value, get_args(type_)[0])
    if not isinstance(value, dict) or not is_dataclass(type_):
        return value
    hints = get_type_hints(type_)
    completed = dict(value)
    for field in fields(type_):
        hint = hints[field.name]
        if field.name in value:
            completed[field.name] = _completed(value[field.name], hint)
        elif field.default is not MISSING or field.default_factory is not MISSING:
            continue
        elif type(None) in get_args(hint):
            completed[field.name] = None
        elif get_origin(hint) in {tuple, Sequence}:
            completed[field.name] = []
        elif get_origin(hint) is Mapping:
            completed[field.name] = {}
    return completed


def _completed_items(values: list[Any], type_: Any) -> list[Any]:  # noqa: ANN401 - items can have any type
    """Add missing fields to the items, and remove enum values that this release does not know."""
    if isinstance(type_, type) and issubclass(type_, Enum):
        known = {member.value for member in type_}
        return [value for value in values if value in known]
    return [_completed(value, type_) for value in values]


def _adapter(type_: type) -> TypeAdapter[Any]:
    """Return Pydantic's adapter for the type. Adapters are cached, because they are slow to build."""
    if type_ not in _adapters:
        _adapters[type_] = TypeAdapter(type_)
    return _adapters[type_]
