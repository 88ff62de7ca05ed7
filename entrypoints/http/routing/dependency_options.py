"""Dependencies that are called without a coroutine, or before the body is read."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from starlette.requests import Request

_F = TypeVar("_F", bound=Callable[..., Any])
_P = ParamSpec("_P")
_R = TypeVar("_R")


class ImmediateDependency:
    """A dependency that needs only the request and never awaits.

    Compiled dependencies solve it without a coroutine. FastAPI's own handlers call it like any other
    dependency.
    """

    def resolve(self, request: Request) -> Any:  # noqa: ANN401 - the annotation of the route's parameter states the type
        raise NotImplementedError

    async def __call__(self, request: Request) -> Any:  # noqa: ANN401 - the annotation of the route's parameter states the type
        return self.resolve(request)


def immediate(function: Callable[_P, _R]) -> Callable[_P, Awaitable[_R]]:
    """Make a dependency from a function that never awaits.

    Compiled dependencies call the function directly. For FastAPI's own handlers, the function is wrapped in a
    coroutine function, because FastAPI would run a normal function in a thread.
    """

    @wraps(function)
    async def dependency(*arguments: _P.args, **keywords: _P.kwargs) -> _R:
        return function(*arguments, **keywords)

    dependency.__immediate__ = function  # type: ignore[attr-defined] # functions can have attributes
    return dependency


def before_body(dependency: _F) -> _F:
    """Mark a dependency to be solved before the query is checked and the body is read.

    The mark has an effect only in `dependencies=` of a route, of a router or of `include_router`. The dependency must
    not read the body.
    """
    dependency.__before_body__ = True  # type: ignore[attr-defined] # functions can have attributes
    return dependency
