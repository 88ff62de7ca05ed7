"""The app with the service's own edge around it."""

from collections.abc import Sequence
from typing import Any

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.middleware.cors import open_to
from entrypoints.http.middleware.request_context import RequestContextMiddleware, internal_error
from entrypoints.http.openapi import DescribedApp
from entrypoints.http.shortcut import Shortcut


class ServiceApp(DescribedApp):
    """Serves planned routes by the shortcut, and all else by the framework; the edge is around both.

    Nobody collects the framework's own telemetry here, and to ask for it at each request costs as much as a route.
    """

    def __init__(self, *, access_log: bool, over_tls: bool, origins: Sequence[str], **options: Any) -> None:  # noqa: ANN401 - those of FastAPI
        super().__init__(telemetry={"tracing": False, "metrics": False, "logs": False}, **options)
        self._access_log = access_log
        self._over_tls = over_tls
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.middleware_stack is not None:
            scope["app"] = self
            await self.middleware_stack(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        framework = super().build_middleware_stack()
        if isinstance(framework, ServerErrorMiddleware):
            # It answers what nobody expected, and raises it again: the edge would find the answer begun.
            framework = framework.app
        served: ASGIApp = Shortcut(self.routes, framework)
        unexpected: ASGIApp = internal_error
        if self._origins:
            # The edge is around what opens the service, and would tell a page of a named origin nothing but "failed".
            served, unexpected = open_to(self._origins, served), open_to(self._origins, unexpected)
        return RequestContextMiddleware(
            served, unexpected=unexpected, access_log=self._access_log, over_tls=self._over_tls
        )
