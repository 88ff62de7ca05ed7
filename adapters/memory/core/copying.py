"""Copies of stored values. A reader can change its copy without changing the stored value."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def copied(value: T) -> T:
    """Return a copy that shares only immutable parts with the value."""
    return _copied(value)  # type: ignore[no-any-return] # the copy has the type of the value


def _copied(value: Any) -> Any:  # noqa: ANN401 - the fields of entities can have any type
    if isinstance(value, list):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    names = _mutable_fields(value.__class__)
    if not names:
        return value
    copy = object.__new__(type(value))
    for name in names:
        setattr(copy, name, _copied(getattr(value, name)))
    return copy


@cache
def _mutable_fields(type_: type) -> tuple[str, ...]:
    """Return the names of the fields of an entity's class, or no names for an immutable class."""
    if not is_dataclass(type_) or type_.__dataclass_params__.frozen:  # type: ignore[attr-defined] # the dataclass decorator sets the attribute
        return ()
    return tuple(field.name for field in fields(type_))
