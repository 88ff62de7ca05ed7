"""What a route's dependencies need, worked out once, when the route is made.

FastAPI finds out for each request anew which dependencies are coroutines, have scopes, or have been solved already. That
took four fifths of the time of placing an order, the database left aside. The meaning stays FastAPI's: the order, one
call a request for a dependency that several others share, all broken rules of all parameters told at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, cast

from fastapi._compat import ModelField, get_missing_field_error
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Param
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.http.provided import provider_name

_UNSOLVED: Any = object()


class Unplannable(Exception):
    """The dependencies use something that plans do not know. FastAPI's own way serves such a route."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One call: a dependency, or at last the endpoint. `inputs` are the steps before it that it needs, by argument."""

    call: Callable[..., Any]
    inputs: tuple[tuple[str | None, int], ...]
    dependant: Dependant
    provider: str | None


class Plan:
    """The calls that answer a request, each after those that it depends on."""

    def __init__(self, dependant: Dependant) -> None:
        """Raise Unplannable."""
        self._steps: list[_Step] = []
        self._add(dependant, {})

    async def run(self, request: Request, response: Response, body: Any) -> Any:  # noqa: ANN401 - any JSON in, what the endpoint returns out
        """Solve the dependencies and call the endpoint. Raises RequestValidationError, and what they raise."""
        values: list[Any] = []
        errors: list[Any] = []
        for step in self._steps:
            if step.provider is not None:
                values.append(getattr(request.app.state.container, step.provider)())
                continue
            arguments, broken = await _own_arguments(step.dependant, request, response, body)
            errors += broken
            is_solvable = not broken
            for name, index in step.inputs:
                if values[index] is _UNSOLVED:
                    is_solvable = False
                elif name is not None:
                    arguments[name] = values[index]
            values.append(await step.call(**arguments) if is_solvable else _UNSOLVED)
        if errors:
            raise RequestValidationError(errors, body=body)
        return values[-1]

    def _add(self, dependant: Dependant, known: dict[Callable[..., Any], int]) -> int:
        call = dependant.call
        if call is None or not _is_plannable(dependant, call):
            raise Unplannable
        if dependant.use_cache and call in known:
            return known[call]
        inputs = tuple((needed.name, self._add(needed, known)) for needed in dependant.dependencies)
        known[call] = len(self._steps)
        self._steps.append(_Step(call, inputs, dependant, provider_name(call)))
        return known[call]


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


async def _own_arguments(
    needs: Dependant,
    request: Request,
    response: Response,
    body: Any,  # noqa: ANN401 - any JSON
) -> tuple[dict[str, Any], list[Any]]:
    """Return the arguments that come from the request itself, and the rules that they break."""
    arguments: dict[str, Any] = {}
    broken: list[Any] = []
    for name in (needs.request_param_name, needs.http_connection_param_name):
        if name:
            arguments[name] = request
    if needs.response_param_name:
        arguments[needs.response_param_name] = response
    for field in needs.path_params:
        _read(field, request.path_params, arguments, broken)
    if needs.query_params:
        found, wrong = request_params_to_args(needs.query_params, request.query_params)
        arguments |= found
        broken += wrong
    for field in needs.header_params:
        _read(field, request.headers, arguments, broken)
    if needs.body_params:
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
