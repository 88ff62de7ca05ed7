"""A router that quickly skips requests for other routers."""

from itertools import takewhile
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from entrypoints.http.routing.compiled_handler import Handle
from entrypoints.http.routing.fastapi_internals import (
    included_router_of,
    including,
    inclusions_of,
    select_inclusion,
)
from entrypoints.http.routing.strict_route import StrictRoute

_MATCHED = "strict_router.matched"


class StrictRouter(APIRouter):
    """An APIRouter of StrictRoutes.

    FastAPI matches a request with each route of each router, and twice with those of the chosen router. This class
    skips routers whose prefix is not in the path, and matches the routes of the chosen router once.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of APIRouter
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
        for candidate in self._candidates_in(included_router_of(scope)):
            if candidate.literal_start in path:
                match, child_scope = candidate.inclusion.matches(scope)
                if match is Match.FULL:
                    scope[_MATCHED] = candidate, child_scope
                    return match, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        candidate, child_scope = scope.pop(_MATCHED, (None, None))
        if candidate is None:
            await super().handle(scope, receive, send)
            return
        scope.update(child_scope)
        await candidate.serve(scope, receive, send)

    def _candidates_in(self, included: Any) -> "list[_Candidate]":  # noqa: ANN401 - an object of FastAPI's own
        """Return the routes as the app has included them, up to the first one that only FastAPI can serve."""
        if included is not self._included or len(self.routes) != self._number_of_routes:
            self._included, self._number_of_routes = included, len(self.routes)
            ours = takewhile(_is_served_here, inclusions_of(included))
            self._candidates = [_Candidate(inclusion) for inclusion in ours]
        return self._candidates


class _Candidate:
    """An included route, served without FastAPI's wrapper for dependencies with `yield`."""

    def __init__(self, inclusion: Any) -> None:  # noqa: ANN401 - an object of FastAPI's own
        self.inclusion = inclusion
        self.literal_start = _literal_start(inclusion.path)
        self._route: StrictRoute = inclusion.original_route
        self._handle: Handle | None = None

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._handle is None:
            with including(self.inclusion):
                self._handle = self._route.get_route_handler()
        scope["route"] = self._route
        select_inclusion(scope, self.inclusion)
        response = await self._handle(Request(scope, receive, send))
        await response(scope, receive, send)


def _is_served_here(inclusion: Any) -> bool:  # noqa: ANN401 - an object of FastAPI's own
    return (
        isinstance(getattr(inclusion, "original_route", None), StrictRoute)
        and inclusion.max_body_size is None
    )


def _literal_start(path: str) -> str:
    return path.partition("{")[0]
