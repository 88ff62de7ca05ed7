"""Copies of what is kept, so that nobody changes it by changing what they have read."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def copied(value: T) -> T:
    """Return a copy that shares with the value only what cannot be changed."""
    return _copied(value)  # type: ignore[no-any-return] # it is of the same type


def _copied(value: Any) -> Any:  # noqa: ANN401 - entities are made of anything
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
    """Return the fields of a class of entities, and none for a class of values, which never change."""
    if not is_dataclass(type_) or type_.__dataclass_params__.frozen:  # type: ignore[attr-defined] # every one has it
        return ()
    return tuple(field.name for field in fields(type_))
