"""Whom the service lets in at all: what a refusal at the door may cost is next to nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def at_the_door(dependency: _Function) -> _Function:
    """Mark a dependency of a route that is asked before all others, and before the body is read.

    It needs nothing of the request, and returns what is to be called when the request has been answered. Who is one too
    many is so refused for a tenth of what serving him would take.
    """
    dependency.__at_the_door__ = True  # type: ignore[attr-defined] # functions take attributes
    return dependency


def is_at_the_door(dependency: Callable[..., Any] | None) -> bool:
    return getattr(dependency, "__at_the_door__", False)
