"""Explore the states of shops that are too large for the test suite. Count these states."""

import asyncio

from rich.console import Console

from tests.model.exploring import Counterexample, explore
from tests.model.world import Bounds

WORLDS = (
    Bounds(holds=2, failures=0),
    Bounds(units=(2,), payments=(1,), refunds=1, failures=2, charges_twice=True),
    Bounds(units=(2,), payments=(2,), charges_twice=True),
    Bounds(units=(2,), payments=(2,), refunds=2, fulfills=True, holds=2),
    Bounds(units=(1, 1), fulfills=True, holds=2),
    Bounds(fulfills=True),
    Bounds(refunds=1),
    Bounds(charges_twice=True),
)


async def main() -> None:
    console = Console()
    for bounds in WORLDS:
        try:
            console.print(f"{bounds}\n  {await explore(bounds)}", highlight=False)
        except Counterexample as found:
            raise SystemExit(f"{bounds}\n  {found}") from None


asyncio.run(main())
