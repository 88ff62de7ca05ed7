"""The health checks of a worker: `/livez` and `/readyz`."""

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from entrypoints.job_health import JobHealth
from entrypoints.metrics.server import WsgiApp

_Problem = tuple[str, list[str]]
"""The status of an unhealthy worker, and the names of the affected jobs."""


def health_apps(health: JobHealth, *, is_stopping: Callable[[], bool]) -> Mapping[str, WsgiApp]:
    """Return the health checks of a worker by path. The responses list the affected jobs.

    If a job hangs, `/livez` and `/readyz` fail. If a job fails or the worker is stopping, only `/readyz` fails.

    A failure of `/livez` causes a restart. A restart can help if a job hangs.
    """

    def liveness() -> _Problem | None:
        return ("hanging", jobs) if (jobs := health.hanging()) else None

    def readiness() -> _Problem | None:
        if is_stopping():
            return "stopping", []
        return liveness() or (("failing", jobs) if (jobs := health.failing()) else None)

    return {"/livez": _answering(liveness), "/readyz": _answering(readiness)}


def _answering(check: Callable[[], _Problem | None]) -> WsgiApp:
    def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status = HTTPStatus.OK
        body: dict[str, object] = {"status": "ok"}
        if problem := check():
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, {"status": problem[0], "jobs": problem[1]}
        start_response(f"{status} {status.phrase}", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    return app
