"""Copies of stored values. A reader can change the copy without changing the stored value."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache, partial
from typing import Any, TypeVar

T = TypeVar("T")
Copier = Callable[[Any], Any]


def copied(value: T) -> T:
    """Return a copy that shares only immutable parts with the value."""
    type_: type = value.__class__
    copier = _copier(type_)
    return value if copier is None else copier(value)


@cache
def _copier(type_: type) -> Copier | None:
    """Return a function that copies values of a class, or None if the values are immutable."""
    if issubclass(type_, list):
        return _copy_list
    if issubclass(type_, dict):
        return _copy_dict
    if is_dataclass(type_) and not type_.__dataclass_params__.frozen:  # type: ignore[attr-defined] # the dataclass decorator sets the attribute
        return partial(_copy_entity, tuple(field.name for field in fields(type_)))
    return None


def _copy_list(values: Any) -> Any:  # noqa: ANN401 - a list can have items of any type
    return [copied(value) for value in values]


def _copy_dict(values: Any) -> Any:  # noqa: ANN401 - a mapping can have values of any type
    return {key: copied(value) for key, value in values.items()}


def _copy_entity(names: tuple[str, ...], entity: Any) -> Any:  # noqa: ANN401 - the fields of entities can have any type
    copy = object.__new__(entity.__class__)
    for name in names:
        part = getattr(entity, name)
        copier = _copier(part.__class__)  # calling `copied` for each immutable part would be slower
        setattr(copy, name, part if copier is None else copier(part))
    return copy
