"""The short way to the routes that are asked for most."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.problems.handlers import PROBLEM_HANDLERS
from entrypoints.http.routing.route import StrictRoute


class Shortcut:
    """Hands a request to its route at once, where one look tells which it is, and any other to the framework.

    The framework tries its routes one after the other, below a stack of middleware of which a planned route needs
    nothing but the exceptions' handlers. One look is enough for a fixed address, and for one that ends in its only
    parameter. The route's own pattern has the last word, so that both ways find the same.
    """

    def __init__(self, routes: Iterable[BaseRoute], otherwise: ASGIApp) -> None:
        self._otherwise = otherwise
        self._fixed: dict[tuple[str, str], StrictRoute] = {}
        self._ending: dict[tuple[str, str], StrictRoute] = {}
        for route in routes:
            if isinstance(route, StrictRoute) and route.is_compiled:
                self._add(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope.get("root_path"):
            await self._otherwise(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        parameters: Mapping[str, Any] | None = {}
        route = self._fixed.get((method, path))
        if route is None:
            route = self._ending.get((method, path[: path.rfind("/") + 1]))
            parameters = None if route is None else _parameters(route, path)
        if route is None or parameters is None:
            await self._otherwise(scope, receive, send)
            return
        scope["endpoint"], scope["route"], scope["path_params"] = route.endpoint, route, parameters
        if route.door is not None and route.door.admission(scope["app"]).is_full:
            await route.door.refuse(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            response = await route.answer(request)
        except Exception as error:
            handle = next(
                (PROBLEM_HANDLERS[kind] for kind in type(error).mro() if kind in PROBLEM_HANDLERS), None
            )
            if handle is None:
                raise
            response = await handle(request, error)
        await response(scope, receive, send)

    def _add(self, route: StrictRoute) -> None:
        head, brace, tail = route.path_format.partition("{")
        for method in (route.methods or set()) - {"HEAD"}:
            if not brace:
                self._fixed.setdefault((method, head), route)
            elif "{" not in tail and tail.endswith("}") and head.endswith("/"):
                self._ending.setdefault((method, head), route)


def _parameters(route: StrictRoute, path: str) -> Mapping[str, Any] | None:
    """Return the parameters that the address has by the route's pattern, or None if it is not the route's."""
    match = route.path_regex.match(path)
    if match is None:
        return None
    return {name: route.param_convertors[name].convert(value) for name, value in match.groupdict().items()}
