"""Every private part of FastAPI that this package uses, under a public name.

If an upgrade of FastAPI removes one of these parts, set `StrictRoute.compiles = False`. Routes then use FastAPI's own
handlers. These handlers need only `effective_route` and the fields of `Dependant` from this module.
"""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from fastapi import FastAPI
from fastapi._compat import ModelField, field_annotation_is_sequence, get_missing_field_error
from fastapi.dependencies.models import (
    Dependant,
    _is_async_gen_callable,
    _is_coroutine_callable,
    _is_gen_callable,
)
from fastapi.dependencies.utils import (
    _get_form_models,
    _get_param_aliases,
    _get_param_model,
    _is_json_field,
    _should_embed_body_fields,
    get_dependant,
    get_typed_signature,
    request_body_to_args,
    request_params_to_args,
)
from fastapi.routing import (
    _FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY,
    _FASTAPI_INCLUDED_ROUTER_KEY,
    _FASTAPI_SCOPE_KEY,
    APIRoute,
    _effective_route_context_var,
    _RouterIncludeContext,
)
from fastapi.telemetry._api import _route_selected
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

__all__ = [
    "Dependant",
    "ModelField",
    "adds_nothing",
    "dependants_of",
    "effective_route",
    "embeds_body_fields",
    "get_dependant",
    "get_missing_field_error",
    "get_typed_signature",
    "handler_of",
    "has_one_value",
    "included_router_of",
    "including",
    "inclusions_of",
    "is_coroutine",
    "is_generator",
    "is_whole_body",
    "name_span",
    "request_body_to_args",
    "request_params_to_args",
    "select_inclusion",
]


_NO_SCOPE: dict[str, object] = {}
_PARENT = FastAPI(openapi_url=None).router
"""The router of an app that was created without options.

The app has no options, because included routers would inherit the options, for example a list of dependencies.
"""


def effective_route(route: APIRoute) -> APIRoute:
    """Return the route with the additions of `include_router`.

    FastAPI calls `get_route_handler` for the route itself, and again for each call of `include_router`. In the first
    case, the result is `route`. In the second case, the result also has the additions: dependencies, the prefix and
    the app's overrides.
    """
    context = _effective_route_context_var.get()
    if context is not None and context.original_route is route:
        return cast(APIRoute, context)  # the context has every attribute that FastAPI reads from a route
    return route


def included_router_of(scope: Scope) -> Any:  # noqa: ANN401 - a private object of FastAPI
    """Return FastAPI's record of an `include_router` call, or None.

    The record belongs to the router whose routes FastAPI is comparing with the request.
    """
    return scope.get(_FASTAPI_SCOPE_KEY, _NO_SCOPE).get(_FASTAPI_INCLUDED_ROUTER_KEY)


def adds_nothing(included_router: Any) -> bool:  # noqa: ANN401 - a private object of FastAPI
    """Return whether this `include_router` call changes only the dependency overrides."""
    context = included_router.include_context
    unchanged = _RouterIncludeContext.for_include(
        parent_router=_PARENT, included_router=included_router.original_router
    )
    return bool(
        context == replace(unchanged, dependency_overrides_provider=context.dependency_overrides_provider)
    )


def inclusions_of(included_router: Any) -> Sequence[Any]:  # noqa: ANN401 - private objects of FastAPI
    """Return the routes of an included router, each with the additions of `include_router`."""
    return cast(Sequence[Any], included_router.effective_candidates())


def select_inclusion(scope: Scope, inclusion: Any) -> None:  # noqa: ANN401 - a private object of FastAPI
    """Make FastAPI serve the request with the settings of this `include_router` call."""
    scope.setdefault(_FASTAPI_SCOPE_KEY, {})[_FASTAPI_EFFECTIVE_ROUTE_CONTEXT_KEY] = inclusion


def name_span(scope: Scope, route: Any) -> None:  # noqa: ANN401 - a route, or a private object of FastAPI
    """Name the request's span after the route, if FastAPI records a span."""
    if "fastapi.telemetry" in scope:
        _route_selected(scope=scope, path=route.path_format)


@contextmanager
def including(inclusion: Any) -> Iterator[None]:  # noqa: ANN401 - a private object of FastAPI
    """Within this context, new handlers use the settings of this `include_router` call."""
    token = _effective_route_context_var.set(inclusion)
    try:
        yield
    finally:
        _effective_route_context_var.reset(token)


def handler_of(route: APIRoute, effective: APIRoute) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return FastAPI's own handler of a route.

    If `effective` has the additions of `include_router`, the handler uses these additions.
    """
    if not hasattr(effective, "original_route"):
        return APIRoute.get_route_handler(effective)
    with including(effective):
        return APIRoute.get_route_handler(route)


def dependants_of(dependant: Dependant) -> Iterator[Dependant]:
    """Yield a dependant, and then every dependant on which it depends."""
    yield dependant
    for dependency in dependant.dependencies:
        yield from dependants_of(dependency)


def is_coroutine(call: Callable[..., Any]) -> bool:
    """Return whether FastAPI awaits the call instead of running it in a thread."""
    return _is_coroutine_callable(call)


def is_generator(call: Callable[..., Any] | None) -> bool:
    """Return whether the call yields instead of returning."""
    return _is_gen_callable(call) or _is_async_gen_callable(call)


def has_one_value(field: ModelField) -> bool:
    """Return whether a parameter is a single text with a single name.

    The result is False for a list, a model and a parameter with an alternative name.
    """
    return (
        _get_param_model(field) is None
        and not field_annotation_is_sequence(field.field_info.annotation)
        and not _is_json_field(field)
        and _get_param_aliases(field) == [(field.alias, field.alias)]
    )


def embeds_body_fields(route: APIRoute) -> bool:
    """Return whether the body is an object that has each body parameter as a member."""
    return route._embed_body_fields  # noqa: SLF001 - this module collects private parts of FastAPI


def is_whole_body(dependant: Dependant, route: APIRoute) -> bool:
    """Return whether the operation has one body parameter, whose value is the whole body.

    If the parameter is a member of an object or of a form, the result is False.
    """
    fields = dependant.body_params
    return (
        len(fields) == 1
        and not embeds_body_fields(route)
        and not _should_embed_body_fields(fields)
        and not _get_form_models(fields[0])
    )
