"""Checks of the shop's invariants. Each check examines the rows in a range of ids."""

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, TextClause
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.checks.invariant_statements import (
    CHECK_OVERSOLD,
    CHECK_RESERVED_FOR_ORDERS,
    CHECKS,
    END_OF_ORDERS,
    END_OF_PRODUCTS,
    INVARIANTS_OF_ORDERS,
    INVARIANTS_OF_PRODUCTS,
    READ_SOLD,
    READ_SUSPECTED,
    SHOWN,
)
from adapters.postgres.core.errors import translated
from application.checks.ports import Finding, Invariant, InvariantChecks

RANGE = 2000
"""The number of orders or products that one transaction checks."""

PAUSE = timedelta(milliseconds=5)
"""The pause between two transactions, in which the database can do other work."""

_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)


async def _pause() -> None:
    await asyncio.sleep(PAUSE.total_seconds())


class PostgresInvariantChecks(InvariantChecks):
    """Checks of orders and products, in short transactions with one snapshot each.

    Each transaction checks a range of ids.

    The service changes an order together with its lines, payments, history and events in one transaction. It changes
    a stock together with its ledger in one transaction. Each check reads all of these rows from one snapshot, so a
    concurrent change is never reported as a violation.

    The sold units of a product are summed over several ranges of orders. Orders can change between the reads of two
    ranges, so the sum can be wrong. If a product looks oversold, it is therefore checked again in one transaction. No
    locks are taken.

    `engine` comes from `create_checking_engine`, because the settings of other engines do not suit reads of whole
    tables.
    """

    def __init__(
        self, engine: AsyncEngine, *, size: int = RANGE, pause: Callable[[], Awaitable[None]] = _pause
    ) -> None:
        self._engine = engine
        self._size = size
        self._pause = pause

    async def run(self) -> Sequence[Finding]:
        found = _Found()
        with translated():
            async with self._engine.connect() as connection:
                sold = await self._check_orders(connection, found)
                suspected = await self._check_products(connection, found, sold)
                async with connection.begin():
                    found.add(
                        Invariant.RESERVED_FOR_ORDERS, await connection.execute(CHECK_RESERVED_FOR_ORDERS)
                    )
                if suspected:
                    async with connection.begin():
                        oversold = await connection.execute(CHECK_OVERSOLD, {"product_ids": suspected})
                        found.add(Invariant.NOTHING_OVERSOLD, oversold)
        return found.findings()

    async def _check_orders(self, connection: AsyncConnection, found: "_Found") -> Counter[UUID]:
        """Check all orders, and return the number of units sold by product id."""
        sold: Counter[UUID] = Counter()

        async def check(within: Mapping[str, UUID]) -> None:
            for invariant in INVARIANTS_OF_ORDERS:
                found.add(invariant, await connection.execute(CHECKS[invariant], within))
            for row in await connection.execute(READ_SOLD, within):
                sold[row.product_id] += row.units

        await self._in_ranges(connection, END_OF_ORDERS, check)
        return sold

    async def _check_products(
        self, connection: AsyncConnection, found: "_Found", sold: Counter[UUID]
    ) -> Sequence[UUID]:
        """Check all products, and return the ids of products that may have been oversold."""
        sold_ids = sorted(sold)
        suspected: list[UUID] = []

        async def check(within: Mapping[str, UUID]) -> None:
            for invariant in INVARIANTS_OF_PRODUCTS:
                found.add(invariant, await connection.execute(CHECKS[invariant], within))
            ids = sold_ids[bisect_right(sold_ids, within["after"]) : bisect_right(sold_ids, within["until"])]
            units = {"product_ids": ids, "units": [sold[id_] for id_ in ids]}
            suspected.extend((await connection.execute(READ_SUSPECTED, units)).scalars())

        await self._in_ranges(connection, END_OF_PRODUCTS, check)
        return suspected

    async def _in_ranges(
        self,
        connection: AsyncConnection,
        end_of_range: TextClause,
        check: Callable[[Mapping[str, UUID]], Awaitable[None]],
    ) -> None:
        """Check all ids, one range per transaction.

        The last range includes ids that are added during the check.
        """
        after = _FIRST
        while after != _LAST:
            async with connection.begin():
                end = await connection.execute(end_of_range, {"after": after, "skipped": self._size - 1})
                until = end.scalar_one_or_none() or _LAST
                await check({"after": after, "until": until})
            after = until
            await self._pause()


class _Found:
    """The violations that were found so far."""

    def __init__(self) -> None:
        self._counts: Counter[Invariant] = Counter()
        self._ids: dict[Invariant, list[str]] = {invariant: [] for invariant in Invariant}

    def add(self, invariant: Invariant, result: CursorResult[Any]) -> None:
        rows = result.all()
        self._counts[invariant] += rows[0].offenders if rows else 0
        self._ids[invariant] += [str(row.offender) for row in rows]

    def findings(self) -> Sequence[Finding]:
        return [
            Finding(invariant, self._counts[invariant], tuple(self._ids[invariant][:SHOWN]))
            for invariant in Invariant
        ]
