from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, BackgroundTasks, Body, Depends, Security
from fastapi.responses import StreamingResponse
from fastapi.security import SecurityScopes

from entrypoints.http.routing.compiled_dependencies import Unsupported
from entrypoints.http.routing.strict_route import StrictRoute

pytestmark = pytest.mark.skipif(
    not StrictRoute.compiles, reason="FastAPI's own handlers support what compiled dependencies do not"
)


def synchronous() -> int:
    return 1


async def asynchronous_yield() -> AsyncIterator[int]:
    yield 1


def synchronous_yield() -> Iterator[int]:
    yield 1


async def on_yield(value: Annotated[int, Depends(asynchronous_yield)]) -> int:
    return value


async def on_synchronous(value: Annotated[int, Depends(synchronous)]) -> int:
    return value


async def scoped(scopes: SecurityScopes) -> None: ...


async def plain() -> None: ...


async def tasks(tasks: BackgroundTasks) -> None: ...


@pytest.mark.parametrize(
    "dependency",
    [
        Depends(synchronous),
        Depends(asynchronous_yield),
        Depends(asynchronous_yield, scope="function"),
        Depends(synchronous_yield),
        Depends(on_yield),
        Depends(on_synchronous),
        Depends(scoped),
        Depends(tasks),
        Security(plain, scopes=["a"]),
    ],
)
def test_unsupported_dependency_is_rejected_at_route_creation(dependency: Any) -> None:
    async def endpoint(value: Annotated[Any, dependency]) -> None: ...

    router = APIRouter(route_class=StrictRoute)
    with pytest.raises(Unsupported):
        router.get("/x")(endpoint)
    with pytest.raises(Unsupported):
        router.get("/x", dependencies=[dependency])(plain)


async def stream() -> AsyncIterator[str]:
    yield "a"


async def text(body: Annotated[str, Body(media_type="text/plain")]) -> None: ...


@pytest.mark.parametrize(
    ("endpoint", "options"),
    [
        (synchronous, {}),
        (synchronous_yield, {}),
        (stream, {}),
        (stream, {"response_class": StreamingResponse}),
        (tasks, {}),
        (text, {}),
    ],
)
def test_unsupported_endpoint_is_rejected_at_route_creation(endpoint: Any, options: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        APIRouter(route_class=StrictRoute).post("/x", **options)(endpoint)


def test_strict_route_cannot_disable_the_option_strict_content_type() -> None:
    with pytest.raises(Unsupported):
        StrictRoute("/x", plain, strict_content_type=False)


def test_strict_route_rejects_the_option_form_limits() -> None:
    with pytest.raises(Unsupported):
        StrictRoute("/x", plain, form_limits={"max_fields": 1})
