from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import InvariantTallyRow
from adapters.postgres.core.unnest import columns_of
from application.checks.ports import Finding, FindingRecords, Invariant, Tally

_NEW = insert(InvariantTallyRow)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[InvariantTallyRow.invariant],
    set_={"offenders": _NEW.excluded.offenders, "checked_at": _NEW.excluded.checked_at},
    where=InvariantTallyRow.checked_at <= _NEW.excluded.checked_at,
)
_LATEST = select(*columns_of(InvariantTallyRow))


class PostgresFindingRecords(FindingRecords):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, findings: Sequence[Finding], *, at: datetime) -> None:
        # Rows are written in a fixed sequence, so that two concurrent checks cannot deadlock.
        tallies = [
            {"invariant": finding.invariant.value, "offenders": finding.count, "checked_at": at}
            for finding in sorted(findings, key=lambda finding: finding.invariant)
        ]
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(_KEEP, tallies)

    async def latest(self) -> Sequence[Tally]:
        with translated():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(_LATEST)).all()
        # A newer release may have stored invariants that this release does not know.
        tallies = {row.invariant: row for row in rows}
        return [
            Tally(invariant, tallies[invariant].offenders, tallies[invariant].checked_at)
            for invariant in Invariant
            if invariant in tallies
        ]
