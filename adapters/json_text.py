"""Views and events as JSON, and back to equal ones."""

from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

_adapters: dict[type, TypeAdapter[Any]] = {}


def to_json(value: object, *, without: AbstractSet[str] = frozenset()) -> str:
    """Return a dataclass as JSON text, except for some of its fields."""
    return _adapter(type(value)).dump_json(value, exclude=set(without)).decode()


def from_json(text: str, type_: type[T]) -> T:
    """Return what `to_json` made text of. Raises pydantic's ValidationError for anything else."""
    result: T = _adapter(type_).validate_json(text)
    return result


def _adapter(type_: type) -> TypeAdapter[Any]:
    """Return the type's adapter, which is costly to make and free to keep."""
    if type_ not in _adapters:
        _adapters[type_] = TypeAdapter(type_)
    return _adapters[type_]
