"""Compiled dependencies: the dependencies of a route, resolved when the route is created.

For each request, FastAPI determines which dependencies are coroutines, which are shared, and which arguments each of
them needs. This module determines these facts only once for each route.

The behavior is the same as in FastAPI: dependencies are called in the same sequence, a shared dependency is called
once per request, and all errors are reported together.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from inspect import Parameter
from operator import itemgetter
from typing import Any, cast

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import PydanticUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.http.routing.dependency_options import ImmediateDependency
from entrypoints.http.routing.fastapi_internals import (
    Dependant,
    ModelField,
    embeds_body_fields,
    get_dependant,
    get_typed_signature,
    is_coroutine,
    is_generator,
    is_whole_body,
    request_body_to_args,
)
from entrypoints.http.routing.parameters import ReadParameter, parameter_readers

Call = Callable[..., Any]
Overrides = Mapping[Call, Call]

_UNSOLVED: Any = object()
_REQUEST, _RESPONSE, _FIRST_FREE = 0, 1, 2
"""The first indexes in the list of values.

The list contains the request, the response, and the result of each step.
"""


class Unsupported(TypeError):
    """A route uses a feature that compiled dependencies do not support.

    The README of this package lists the supported features.
    """


def split_before_body(route: APIRoute) -> tuple[list[Dependant], Dependant]:
    """Return the dependencies marked with `before_body`, and a dependant with the other dependencies."""
    number = len(route.dependencies)  # FastAPI puts the route's own dependencies first
    own, others = route.dependant.dependencies[:number], route.dependant.dependencies[number:]
    before: list[Dependant] = []
    after: list[Dependant] = []
    for dependant in own:
        (before if hasattr(dependant.call, "__before_body__") else after).append(dependant)
    return before, replace(route.dependant, dependencies=after + others)


@dataclass(frozen=True, slots=True)
class _Step:
    """A call of a dependency. The last step calls the endpoint."""

    number: int
    call: Call
    resolve: Callable[[Request], Any] | None
    """A function that returns the result, if the dependency needs only the request. Otherwise None."""
    is_immediate: bool
    """Whether the call returns its result directly, and not an awaitable."""
    parameters: tuple[ReadParameter, ...]
    body_fields: tuple[ModelField, ...]
    reads_whole_body: bool
    sources: tuple[int, ...]
    """The indexes of the call's arguments in the list of values."""
    arguments: Callable[[Sequence[Any]], Sequence[Any]]
    keywords: tuple[str, ...]
    """The names of the arguments, if the call has keyword arguments. Otherwise empty."""


class Solving:
    """The values and errors of the solved dependencies of one request."""

    __slots__ = ("dependencies", "errors", "request", "response", "values")

    def __init__(self, dependencies: "CompiledDependencies", request: Request, response: Response) -> None:
        self.dependencies = dependencies
        self.request = request
        self.response = response
        self.values: list[Any] = [request, response]
        self.errors: dict[int, list[Any]] = {}
        """The errors of parameters, by the index of the step that reads the parameters."""


class CompiledDependencies:
    """The calls that handle a request. A call runs after the calls whose results are its arguments."""

    def __init__(self, route: APIRoute, overrides: Overrides | None = None) -> None:
        """Compile a route's dependencies with the app's `overrides`. Raises Unsupported.

        Synchronous functions are supported only as overrides.
        """
        self._route = route
        self._overrides = overrides or {}
        self._steps: list[_Step] = []
        self._next_source = _FIRST_FREE
        self._visits: list[int] = []
        before, rest = split_before_body(route)
        known: dict[Call, tuple[int, int]] = {}
        for dependant in before:
            self._add(dependant, known)
        number = len(self._steps)
        self._add(rest, known)
        self._before_body, self._after_body = self._steps[:number], self._steps[number:]

    def solve_before_body(self, solving: Solving) -> Awaitable[None]:
        """Solve the dependencies marked with `before_body`. Raises the errors of dependencies."""
        return self._solve(solving, self._before_body, PydanticUndefined)

    async def solve(self, solving: Solving, body: Any) -> Any:  # noqa: ANN401 - takes any JSON value, returns the endpoint's result
        """Solve the dependencies that are not marked with `before_body`, and call the endpoint.

        Raises RequestValidationError, and the errors of dependencies and endpoint.
        """
        await self._solve(solving, self._after_body, body)
        if errors := solving.errors:
            # If several dependencies use one shared dependency, FastAPI reports the errors of the shared dependency
            # several times. This code does the same.
            in_order = [error for number in self._visits for error in errors.get(number, ())]
            raise RequestValidationError(in_order, body=None if body is PydanticUndefined else body)
        return solving.values[-1]

    async def _solve(self, solving: Solving, steps: Sequence[_Step], body: Any) -> None:  # noqa: ANN401 - any JSON value
        request, values, errors = solving.request, solving.values, solving.errors
        for step in steps:
            if step.resolve is not None:
                values.append(step.resolve(request))
                continue
            if step.parameters:
                _read_parameters(step, solving)
            if step.body_fields:
                await self._read_body(step, solving, body)
            if errors and (
                step.number in errors or any(values[source] is _UNSOLVED for source in step.sources)
            ):
                values.append(_UNSOLVED)
                continue
            arguments = step.arguments(values)
            if step.keywords:
                result = step.call(**dict(zip(step.keywords, arguments, strict=True)))
            else:
                result = step.call(*arguments)
            values.append(result if step.is_immediate else await result)

    def _add(self, dependant: Dependant, known: dict[Call, tuple[int, int]]) -> int:
        """Add the steps of a dependant, and return the index of its result in the list of values."""
        original, use_cache = dependant.call, dependant.use_cache
        if original is None:
            raise Unsupported(f"{self._route.path} has a dependency that cannot be called")
        if original in self._overrides:
            dependant = get_dependant(
                path=dependant.path or "", call=self._overrides[original], name=dependant.name
            )
        inputs = [(needed.name, self._add(needed, known)) for needed in dependant.dependencies]
        if use_cache and original in known:
            step, source = known[original]
            self._visits.append(step)
            return source
        step = len(self._steps)
        self._visits.append(step)
        source = self._add_step(dependant, inputs, may_be_synchronous=original in self._overrides)
        known.setdefault(original, (step, source))
        return source

    def _add_step(
        self, dependant: Dependant, inputs: Sequence[tuple[str | None, int]], *, may_be_synchronous: bool
    ) -> int:
        call = _supported_call(dependant, may_be_synchronous=may_be_synchronous)
        function = getattr(call, "__immediate__", None)
        sources: dict[str | None, int] = dict(inputs)
        readers: list[ReadParameter] = []
        for name, reader in parameter_readers(dependant):
            sources[name] = self._new_source()
            readers.append(reader)
        for field in dependant.body_params:
            sources[field.name] = self._new_source()
        sources[dependant.request_param_name] = _REQUEST
        sources[dependant.http_connection_param_name] = _REQUEST
        sources[dependant.response_param_name] = _RESPONSE
        names, by_position = _arguments_of(call, sources)
        needed = tuple(sources[name] for name in names)
        self._steps.append(
            _Step(
                number=len(self._steps),
                call=function or (call if is_coroutine(call) else _in_thread(call)),
                resolve=call.resolve if isinstance(call, ImmediateDependency) else None,
                is_immediate=function is not None,
                parameters=tuple(readers),
                body_fields=tuple(dependant.body_params),
                reads_whole_body=is_whole_body(dependant, self._route),
                sources=(*needed, *(source for _, source in inputs)),
                arguments=_getter(needed),
                keywords=() if by_position else names,
            )
        )
        return self._new_source()

    async def _read_body(self, step: _Step, solving: Solving, body: Any) -> None:  # noqa: ANN401 - any JSON value, or a form
        """Read a step's arguments that come from the body."""
        if step.reads_whole_body and body is not PydanticUndefined:
            value, broken = step.body_fields[0].validate(body, loc=("body",))
            solving.values.append(value)
        else:
            found, broken = await request_body_to_args(
                body_fields=list(step.body_fields),
                received_body=body,
                embed_body_fields=embeds_body_fields(self._route),
            )
            solving.values += [found.get(field.name) for field in step.body_fields]
        if broken:
            solving.errors.setdefault(step.number, []).extend(broken)

    def _new_source(self) -> int:
        self._next_source += 1
        return self._next_source - 1


def _read_parameters(step: _Step, solving: Solving) -> None:
    """Read a step's arguments that come from the path, the query and the headers."""
    for read in step.parameters:
        value, broken = read(solving.request)
        solving.values.append(value)
        if broken:
            solving.errors.setdefault(step.number, []).extend(broken)


def _supported_call(dependant: Dependant, *, may_be_synchronous: bool) -> Call:
    """Return the function that the dependant calls. Raises Unsupported."""
    call = cast(Call, dependant.call)
    name = getattr(call, "__qualname__", repr(call))
    if is_generator(call):
        raise Unsupported(
            f"{name} yields: FastAPI would close it when the client leaves, while its work still goes on"
        )
    if not is_coroutine(call) and not may_be_synchronous:
        raise Unsupported(f"{name} is synchronous: make it `async def`")
    unsupported = {
        "background tasks": dependant.background_tasks_param_name,
        "a WebSocket": dependant.websocket_param_name,
        "security scopes": dependant.security_scopes_param_name or dependant.own_oauth_scopes,
        "a concurrency limit": dependant.concurrency,
    }
    for what, is_used in unsupported.items():
        if is_used:
            raise Unsupported(f"{name} uses {what}")
    return call


def _arguments_of(call: Call, sources: Mapping[str | None, int]) -> tuple[tuple[str, ...], bool]:
    """Return the names of a call's arguments in sequence, and whether the arguments are positional."""
    every = _parameters_of(call)
    parameters = [parameter for parameter in every if parameter.name in sources]
    names = tuple(parameter.name for parameter in parameters)
    by_position = every[: len(parameters)] == tuple(parameters) and all(
        parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        for parameter in parameters
    )
    return names, by_position


@cache
def _parameters_of(call: Call) -> tuple[Parameter, ...]:
    """Return the parameters of a call.

    The result is cached, because many routes have common dependencies, and evaluating annotations is slow.
    """
    return tuple(get_typed_signature(call).parameters.values())


def _getter(sources: tuple[int, ...]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    if len(sources) > 1:
        return itemgetter(*sources)
    # With one index, `itemgetter` would return the value itself. With a slice, it returns a sequence.
    first = sources[0] if sources else 0
    return itemgetter(slice(first, first + len(sources)))


def _in_thread(call: Call) -> Callable[..., Awaitable[Any]]:
    async def run(*arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401 - the arguments of the call
        return await run_in_threadpool(call, *arguments, **keywords)

    return run
