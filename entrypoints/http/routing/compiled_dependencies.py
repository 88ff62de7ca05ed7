"""What a route's dependencies need, worked out once, when the route is made.

FastAPI finds out for each request anew which dependencies are coroutines, have scopes, or have been solved already. That
took four fifths of the time of placing an order, the database left aside. The meaning stays FastAPI's: the order, one
call a request for a dependency that several others share, all broken rules of all parameters told at once.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, cast

from fastapi._compat import ModelField, get_missing_field_error
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Param
from pydantic_core import PydanticUndefined
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.http.problems.problem import MAX_VIOLATIONS
from entrypoints.http.provided import provider_name
from entrypoints.http.routing.query import remembering

_UNSOLVED: Any = object()
_NOTHING: Mapping[str, Any] = {}


class NotCompilable(Exception):
    """The dependencies use something that plans do not know. FastAPI's own way serves such a route."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One call: a dependency, or at last the endpoint. `inputs` are the steps before it that it needs, by argument."""

    call: Callable[..., Any]
    begin: "_Begin"
    inputs: tuple[int, ...]
    provider: Callable[[Any], Callable[[], Any]] | None
    """Finds the provider in the container, for a dependency that is an object of it."""
    dependant: Dependant | None
    """What it reads of the path, the query, the headers or the body; None for nothing."""
    query: "_ReadQuery | None"
    whole_body: ModelField | None
    """What the whole body is read as, where it is not several things."""


class CompiledDependencies:
    """The calls that answer a request, each after those that it depends on."""

    def __init__(self, dependant: Dependant) -> None:
        """Raise NotCompilable."""
        self._steps: list[_Step] = []
        self._add(dependant, {})
        self._asks_container = any(step.provider for step in self._steps)

    async def run(self, request: Request, response: Response, body: Any) -> Any:  # noqa: ANN401 - any JSON in, what the endpoint returns out
        """Solve the dependencies and call the endpoint. Raises RequestValidationError, and what they raise."""
        values: list[Any] = []
        errors: list[Any] = []
        container = request.scope["app"].state.container if self._asks_container else None
        for step in self._steps:
            if step.provider is not None:
                values.append(step.provider(container)())
                continue
            found = _NOTHING
            if step.dependant is not None:
                found, broken = await _read_for(step, step.dependant, request, body)
                if broken:
                    errors += broken[: MAX_VIOLATIONS + 1 - len(errors)]
                    values.append(_UNSOLVED)
                    continue
            if errors and any(values[index] is _UNSOLVED for index in step.inputs):
                values.append(_UNSOLVED)
                continue
            values.append(await step.begin(step.call, values, request, response, found))
        if errors:
            raise RequestValidationError(errors, body=body)
        return values[-1]

    def _add(self, dependant: Dependant, known: dict[Callable[..., Any], int]) -> int:
        call = dependant.call
        if call is None or not _is_plannable(dependant, call):
            raise NotCompilable
        if dependant.use_cache and call in known:
            return known[call]
        inputs = tuple((needed.name, self._add(needed, known)) for needed in dependant.dependencies)
        known[call] = len(self._steps)
        self._steps.append(_step(dependant, call, inputs))
        return known[call]


_Begin = Callable[
    [Callable[..., Any], Sequence[Any], Request, Response, Mapping[str, Any]], Coroutine[Any, Any, Any]
]
"""Begins a call with the values of earlier ones, the request, the response, and what was read of the request."""


def _beginning(dependant: Dependant, inputs: Iterable[tuple[str | None, int]], *, reads: bool) -> _Begin:
    """Return the call of a dependency, written out: to collect its arguments by name takes as long as many a call."""
    arguments = [f"{name}=values[{index}]" for name, index in inputs if name is not None]
    requests = (dependant.request_param_name, dependant.http_connection_param_name)
    arguments += [f"{name}=request" for name in requests if name]
    if dependant.response_param_name:
        arguments.append(f"{dependant.response_param_name}=response")
    if reads:
        arguments.append("**found")
    begin: _Begin = eval(  # noqa: S307 - of names of parameters only, which are the service's own
        f"lambda call, values, request, response, found: call({', '.join(arguments)})"
    )
    return begin


def _step(
    dependant: Dependant, call: Callable[..., Any], inputs: tuple[tuple[str | None, int], ...]
) -> _Step:
    embedded = len(dependant.body_params) > 1 or any(
        getattr(field.field_info, "embed", None) for field in dependant.body_params
    )
    reads = (
        dependant.path_params or dependant.query_params or dependant.header_params or dependant.body_params
    )
    provider = provider_name(call)
    return _Step(
        call,
        _beginning(dependant, inputs, reads=bool(reads)),
        tuple(index for _, index in inputs),
        None if provider is None else attrgetter(provider),
        dependant if reads else None,
        _reader_of_queries(dependant.query_params) if dependant.query_params else None,
        None if embedded or not dependant.body_params else dependant.body_params[0],
    )


_ReadQuery = Callable[[bytes], tuple[dict[str, Any], list[Any]]]


def _reader_of_queries(fields: Sequence[ModelField]) -> _ReadQuery:
    """Return what reads these parameters. They are values that nobody changes: numbers, texts, models made of them."""

    def read(query_string: bytes) -> tuple[dict[str, Any], list[Any]]:
        return request_params_to_args(fields, QueryParams(query_string))

    return remembering(read)


def _is_plannable(dependant: Dependant, call: Callable[..., Any]) -> bool:
    return (
        iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004 - it tells whether the call is a coroutine
    ) and not (
        dependant.cookie_params
        or dependant.websocket_param_name
        or dependant.background_tasks_param_name
        or dependant.security_scopes_param_name
        or dependant.concurrency
    )


async def _read_for(
    step: _Step,
    needs: Dependant,
    request: Request,
    body: Any,  # noqa: ANN401 - any JSON
) -> tuple[Mapping[str, Any], Sequence[Any]]:
    """Return the arguments of a step that come from the request itself, and the rules that they break."""
    arguments: dict[str, Any] = {}
    broken: list[Any] = []
    for field in needs.path_params:
        _read(field, request.path_params, arguments, broken)
    if step.query is not None:
        found, wrong = step.query(request.scope["query_string"])
        arguments |= found
        broken += wrong
    for field in needs.header_params:
        _read(field, request.headers, arguments, broken)
    if step.whole_body is not None and body is not PydanticUndefined:
        arguments[step.whole_body.name], wrong = step.whole_body.validate(body, loc=("body",))
        broken += wrong
    elif needs.body_params:
        found, wrong = await request_body_to_args(
            body_fields=needs.body_params, received_body=body, embed_body_fields=False
        )
        arguments |= found
        broken += wrong
    return arguments, broken


def _read(field: ModelField, source: Mapping[str, Any], arguments: dict[str, Any], broken: list[Any]) -> None:
    """Read one parameter of the path or one header, which have a single value each."""
    place = (cast(Param, field.field_info).in_.value, field.alias)
    value = source.get(field.alias)
    if value is not None:
        arguments[field.name], wrong = field.validate(value, loc=place)
        broken += wrong
    elif field.field_info.is_required():
        broken.append(get_missing_field_error(place))
    else:
        arguments[field.name] = field.get_default()
