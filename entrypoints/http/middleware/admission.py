"""Whom the service lets in at all: what a refusal at the door may cost is next to nothing."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from dependency_injector.providers import Provider
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from application.shared.admission import Admission
from application.shared.errors import Overloaded
from entrypoints.http.problems.openapi import raises_problems
from entrypoints.http.problems.prepared import PreparedProblemResponse
from entrypoints.http.provided import name_of

_Function = TypeVar("_Function", bound=Callable[..., Any])


def limit_admission(provider: Provider[Admission]) -> Callable[[_Function], _Function]:
    """Mark an endpoint that only those come to whom an Admission of the container lets in.

    They are counted before the body is read, and until they are answered. Who is one too many is refused there, for a
    fortieth of what serving him would take.
    """

    def mark(endpoint: _Function) -> _Function:
        endpoint.__admission__ = name_of(provider)  # type: ignore[attr-defined] # functions take attributes
        return raises_problems("overloaded")(endpoint)

    return mark


class AdmissionGuard:
    """Where those are counted who are with an endpoint, which has one address."""

    def __init__(self, admission: str, path: str) -> None:
        """Take the name of an Admission's provider. Raise TypeError for an address with parameters."""
        if "{" in path:
            raise TypeError(f"{path} has parameters: a refusal could not tell beforehand what it refuses")
        self._admission = attrgetter(admission)
        self._refusal = PreparedProblemResponse(Overloaded(), path)

    @classmethod
    def of(cls, endpoint: Callable[..., Any], path: str) -> "AdmissionGuard | None":
        """Return the door of an endpoint that `limit_admission` has marked, and None for any other."""
        admission = getattr(endpoint, "__admission__", None)
        return None if admission is None else cls(admission, path)

    def admission(self, app: FastAPI) -> Admission:
        admission: Admission = self._admission(app.state.container)()
        return admission

    async def refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as if Overloaded had been raised."""
        await self._refusal(scope, receive, send)
