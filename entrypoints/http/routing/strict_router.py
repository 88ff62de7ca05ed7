"""A router that compares a path with the router's prefix first, and tries the routes only if the prefix matches."""

from functools import partial
from itertools import takewhile
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from entrypoints.http.routing.compiled_handler import Handle
from entrypoints.http.routing.fastapi_internals import (
    adds_nothing,
    included_router_of,
    including,
    inclusions_of,
    name_span,
    select_inclusion,
)
from entrypoints.http.routing.strict_route import StrictRoute

_MATCHED = "strict_router.matched"


class StrictRouter(APIRouter):
    """An APIRouter of StrictRoutes.

    FastAPI compares the request with the routes of each router. It compares the request twice with the routes of the
    router that it chooses.

    This class is faster. It skips a router if the path does not contain the router's prefix, and compares the request
    only once with each route.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the arguments of APIRouter
        super().__init__(**{"route_class": StrictRoute, **options})
        self._literal_start = _literal_start(self.prefix)
        self._included: object = None
        self._number_of_routes = 0
        self._candidates: list[_Candidate] = []

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not StrictRoute.compiles:
            return super().matches(scope)
        path: str = scope["path"]
        if self._literal_start not in path:
            return Match.NONE, {}
        candidates = self._candidates_in(included_router_of(scope))
        may_match = len(candidates) < len(self.routes)
        for candidate in candidates:
            if candidate.literal_start in path:
                match, child_scope = candidate.matches(scope)
                if match is Match.FULL:
                    scope[_MATCHED] = candidate, child_scope
                    return match, {}
                may_match = may_match or match is Match.PARTIAL
        # No candidate serves the request, but FastAPI's own search may find a route that is not a candidate, or a route
        # with the path of the request and another method. In the second case, FastAPI returns 405.
        return super().matches(scope) if may_match else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        candidate, child_scope = scope.pop(_MATCHED, (None, None))
        if candidate is None:
            await super().handle(scope, receive, send)
            return
        scope.update(child_scope)
        await candidate.serve(scope, receive, send)

    def _candidates_in(self, included: Any) -> "list[_Candidate]":  # noqa: ANN401 - a private object of FastAPI
        """Return the router's candidates: the routes before the first route that only FastAPI can serve."""
        if included is None:
            return []
        if included is not self._included or len(self.routes) != self._number_of_routes:
            self._included, self._number_of_routes = included, len(self.routes)
            routes = self.routes if adds_nothing(included) else inclusions_of(included)
            self._candidates = [_Candidate(route) for route in takewhile(_is_served_here, routes)]
        return self._candidates


class _Candidate:
    """A route that is served without FastAPI's wrapper.

    Only dependencies with `yield` need the wrapper.

    If `include_router` adds nothing to a route, the route's own handler serves the request. This handler is built
    only once. Otherwise a handler with the additions is built for each app.
    """

    def __init__(self, route: Any) -> None:  # noqa: ANN401 - a StrictRoute, or a private object of FastAPI
        self.literal_start = _literal_start(route.path)
        # `StrictRoute.matches` is not used, because it would also search for an `include_router` call.
        self.matches = partial(Route.matches, route) if isinstance(route, StrictRoute) else route.matches
        self._inclusion = None if isinstance(route, StrictRoute) else route
        self._route: StrictRoute = _route_of(route)
        self._handle: Handle | None = None

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._handle is None:
            self._handle = self._build_handler()
        scope["route"] = self._route
        name_span(scope, self._inclusion or self._route)
        if self._inclusion is not None:
            select_inclusion(scope, self._inclusion)
        response = await self._handle(Request(scope, receive, send))
        await response(scope, receive, send)

    def _build_handler(self) -> Handle:
        if self._inclusion is None:
            return self._route.own_handler
        with including(self._inclusion):
            return self._route.get_route_handler()


def _is_served_here(route: Any) -> bool:  # noqa: ANN401 - a route, or a private object of FastAPI
    return isinstance(_route_of(route), StrictRoute) and route.max_body_size is None


def _route_of(route: Any) -> Any:  # noqa: ANN401 - a route, or a private object of FastAPI
    return getattr(route, "original_route", route)


def _literal_start(path: str) -> str:
    return path.partition("{")[0]
