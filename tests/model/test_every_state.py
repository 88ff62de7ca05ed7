"""All rules hold in every state of several small shops.

`make model` explores larger shops.
"""

import pytest

from tests.model.exploring import explore
from tests.model.world import Bounds


@pytest.mark.parametrize(
    ("bounds", "at_least"),
    [
        pytest.param(Bounds(holds=1, failures=0), 1200, id="two customers"),
        pytest.param(
            Bounds(units=(2,), payments=(1,), refunds=1, failures=1, charges_twice=True),
            650,
            id="charged twice",
        ),
        pytest.param(
            Bounds(units=(2,), payments=(2,), fulfills=True, is_manual=True),
            1000,
            id="authorized, then captured or voided",
        ),
        pytest.param(Bounds(units=(2,), payments=(2,), requires_action=True), 500, id="authenticated"),
        pytest.param(
            Bounds(units=(2,), payments=(1,), failures=0, fulfills=True, returns=1, is_manual=True),
            1500,
            id="authorized, shipped and returned",
        ),
        pytest.param(
            Bounds(units=(2,), payments=(1,), refunds=1, failures=0, fulfills=True, cancels=True, returns=1),
            600,
            id="cancelled, refunded and returned units",
        ),
        pytest.param(
            Bounds(units=(2,), payments=(2,), charges_too_little=True), 700, id="charged too little"
        ),
    ],
)
async def test_invariants_hold_in_every_state_of_large_shops(
    bounds: Bounds, at_least: int, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await explore(bounds)
    with capsys.disabled():
        print(f"\n{bounds}: {seen}")  # noqa: T201 - shows how much was checked
    assert seen.states >= at_least
