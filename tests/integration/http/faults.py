"""Faults at every stage of a request: before and after each call of a component, and in the driver."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.shared.actor import Actor
from entrypoints.bootstrap.root import Container

REPOSITORIES = {"users", "sessions", "products", "stocks", "orders", "idempotency"}


class Injected(Exception):
    """An unexpected failure."""


class FaultInjector:
    """Counts the stages of requests, and raises an error at a chosen stage."""

    def __init__(self) -> None:
        self._left = 0
        self._error: type[Exception] = Injected
        self.stages = 0
        self.raised = 0

    def set(self, stage: int, error: type[Exception] = Injected) -> None:
        """Raise one error at the n-th stage after this call. If n is 0, raise no error."""
        self._left, self._error = stage, error

    def stage(self) -> None:
        self.stages += 1
        if self._left:
            self._left -= 1
            if not self._left:
                self.raised += 1
                raise self._error("injected")


class FaultyComponent:
    """A component with a stage before and after each call."""

    def __init__(self, part: object, faults: FaultInjector) -> None:
        self._part = part
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name in REPOSITORIES:
            return FaultyComponent(found, self._faults)
        return _with_faults(found, self._faults) if callable(found) else found


def _with_faults(function: Callable[..., Any], faults: FaultInjector) -> Callable[..., Any]:
    if not iscoroutinefunction(function):

        @wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            faults.stage()
            return function(*arguments, **named)

        return call

    @wraps(function)
    async def await_call(*arguments: Any, **named: Any) -> Any:
        faults.stage()
        result = await function(*arguments, **named)
        faults.stage()
        return result

    return await_call


def install(container: Container) -> FaultInjector:
    """Wrap every component that requests use.

    The components are units of work, queries, passwords, tokens, the clock and the driver.
    """
    faults = FaultInjector()
    open_unit_of_work = container.database.unit_of_work()

    @asynccontextmanager
    async def fused_unit_of_work(actor: Actor | None = None) -> AsyncIterator[FaultyComponent]:
        faults.stage()
        async with open_unit_of_work(actor) as work:
            faults.stage()
            yield FaultyComponent(work, faults)
            faults.stage()
        faults.stage()

    container.database.unit_of_work.override(fused_unit_of_work)
    for provider in (
        container.clock,
        container.ids,
        container.security.hasher,
        container.database.user_queries,
        container.database.product_queries,
        container.database.stock_queries,
        container.database.order_queries,
    ):
        provider.override(FaultyComponent(provider(), faults))
    for engine in (container.database.engine(), container.database.public_read_engine()):
        _install_into_driver(engine, faults)
    return faults


def _install_into_driver(engine: AsyncEngine, faults: FaultInjector) -> None:
    def stage(*_: object) -> None:
        faults.stage()

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(engine.sync_engine, moment, stage)

    class FaultyConnection(asyncpg.Connection):  # type: ignore[misc] # the base class is Any, because asyncpg has no types
        """A connection that can fail before and after each statement that is executed without SQLAlchemy."""

        async def fetch(self, *arguments: Any, **named: Any) -> Any:
            faults.stage()
            records = await super().fetch(*arguments, **named)
            faults.stage()
            return records

    def use_faulty_connection(
        _dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]
    ) -> None:
        parameters["connection_class"] = FaultyConnection

    event.listen(engine.sync_engine, "do_connect", use_faulty_connection)
