"""A router that quickly skips requests for other routers."""

from typing import Any

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from entrypoints.http.routing.strict_route import StrictRoute


class StrictRouter(APIRouter):
    """An APIRouter of StrictRoutes.

    FastAPI tries each route of each included router, and tries those of the chosen router twice. This one passes over a
    router whose prefix is not in the path, and lets the route that has matched serve the request.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of APIRouter
        super().__init__(**{"route_class": StrictRoute, **options})
        self._literal_start = self.prefix.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if StrictRoute.compiles and self._literal_start not in scope["path"]:
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        serve = StrictRoute.server_of(scope)
        await (super().handle if serve is None else serve)(scope, receive, send)
