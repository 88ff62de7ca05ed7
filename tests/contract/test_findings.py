from datetime import timedelta

from application.checks.ports import Finding, Invariant, Tally
from tests.kit.examples import NOW
from tests.kit.store import Store

LATER = NOW + timedelta(minutes=1)


def found(*counts: int) -> list[Finding]:
    return [Finding(invariant, count, ()) for invariant, count in zip(Invariant, counts, strict=False)]


async def test_no_findings_are_stored_before_the_first_invariant_check(store: Store) -> None:
    assert await store.findings.latest() == []


async def test_findings_of_the_latest_invariant_check_are_stored(store: Store) -> None:
    await store.findings.keep(found(1, 2, 3), at=NOW)
    await store.findings.keep(found(0, 4), at=LATER)
    assert await store.findings.latest() == [
        Tally(Invariant.NOTHING_OVERSOLD, 0, LATER),
        Tally(Invariant.RESERVED_WITHIN_ON_HAND, 4, LATER),
        Tally(Invariant.RESERVED_FOR_ORDERS, 3, NOW),
    ]


async def test_findings_of_an_earlier_invariant_check_do_not_replace_later_findings(store: Store) -> None:
    await store.findings.keep(found(0), at=LATER)
    await store.findings.keep(found(5), at=NOW)
    assert await store.findings.latest() == [Tally(Invariant.NOTHING_OVERSOLD, 0, LATER)]
