"""Run steps concurrently, and then serially in the sequence of their decisions.

A step first locks the rows on which its decision depends. Then the step reads the clock and makes the decision. The
clock returns a different timestamp at each call, so the timestamps show the sequence of all decisions.

In the serial run, each step must get the same response as in the concurrent run.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from application.catalog.adjust_stock import AdjustStock
from application.catalog.views import ProductView
from application.orders.cancel_order import CancelOrder
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderCommand, RowsLocked
from application.orders.views import OrderView
from application.shared.idempotency import IdempotentResult
from application.shared.ports import Clock
from application.users.views import UserView
from domain.shared.errors import DomainError
from tests.kit.examples import NOW
from tests.kit.shop import Shop
from tests.kit.store import Store

Lines = tuple[tuple[int, int], ...]
"""Pairs of a product number and a number of units.

An order contains these units. An adjustment adds these units to the stock, or removes them.
"""

Outcome = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Ordering:
    lines: Lines
    process: int


@dataclass(frozen=True, slots=True)
class Canceling:
    """A step that cancels an order. `order` is the number of an order that was placed before the race."""

    order: int


@dataclass(frozen=True, slots=True)
class Adjusting:
    lines: Lines


Step = Ordering | Canceling | Adjusting


@dataclass(frozen=True, slots=True)
class Race:
    """A shop, and the steps of a race in this shop.

    `steps` contains pairs of a step and a number of turns. A step waits while other steps take this number of turns,
    and then starts.
    """

    stocks: tuple[int, ...]
    orders_before: tuple[Lines, ...]
    steps: tuple[tuple[Step, int], ...]
    processes: int


def random_race(random: Random) -> Race:
    """Draw a race in which the stock is too small for all orders."""
    products, processes, before = random.randint(1, 4), random.randint(1, 4), random.randint(0, 3)

    def some_lines(quantities: Sequence[int]) -> Lines:
        return tuple(
            (random.randrange(products), random.choice(quantities)) for _ in range(random.randint(1, 3))
        )

    def some_step() -> Step:
        kind = random.randrange(6)
        if kind == 0 and before:
            return Canceling(random.randrange(before))
        if kind == 1:
            return Adjusting(some_lines([-2, -1, 1, 2]))
        return Ordering(some_lines([1, 1, 2, 3]), random.randrange(processes))

    return Race(
        stocks=tuple(random.randint(0, 6) for _ in range(products)),
        orders_before=tuple(some_lines([1]) for _ in range(before)),
        steps=tuple((some_step(), random.randint(0, 5)) for _ in range(random.randint(2, 20))),
        processes=processes,
    )


Decision = tuple[datetime, int]
"""The time of a step's decision: the timestamp of the step's transaction, and the step's position in the batch."""


class TickingClock(Clock):
    """Returns a later timestamp at each call. Several clocks can share the ticks, so that each timestamp is returned
    only once.
    """

    def __init__(self, ticks: Iterator[int]) -> None:
        self._ticks = ticks
        self.readings: list[datetime] = []

    def now(self) -> datetime:
        self.readings.append(NOW + timedelta(milliseconds=next(self._ticks)))
        return self.readings[-1]


@dataclass(frozen=True, slots=True)
class RaceSetUp:
    """The shop, customer, products and orders at the start of a race."""

    shop: Shop
    customer: UserView
    products: Sequence[ProductView]
    orders: Sequence[OrderView]


async def set_up(store: Store, race: Race) -> RaceSetUp:
    shop = Shop(store)
    customer = await shop.customer()
    held = Counter(number for lines in race.orders_before for number, _ in lines)
    products = [await shop.product(stock=stock + held[number]) for number, stock in enumerate(race.stocks)]
    commands = [
        shop.commands.place_order(*_chosen(products, lines), customer=customer)
        for lines in race.orders_before
    ]
    orders = [(await shop.place_order(command)).result for command in commands]
    return RaceSetUp(shop, customer, products, orders)


async def run_concurrently(race_set_up: RaceSetUp, race: Race) -> tuple[list[Outcome], list[int]]:
    """Run all steps concurrently.

    Returns the outcome of each step, and the step numbers in the sequence of the decisions.
    """
    ticks = count()
    decided: dict[int, Decision] = {}
    processes = [_recording_process(race_set_up.shop, ticks, decided) for _ in range(race.processes)]

    async def do(number: int, step: Step, others_first: int) -> Outcome:
        for _ in range(others_first):
            await asyncio.sleep(0)
        if isinstance(step, Ordering):
            return await _outcome(race_set_up, number, step, processes[step.process], race_set_up.shop.clock)
        clock = TickingClock(ticks)
        outcome = await _outcome(race_set_up, number, step, race_set_up.shop.place_order, clock)
        [moment] = clock.readings
        decided[number] = moment, 0
        return outcome

    outcomes = await asyncio.gather(
        *(do(number, step, others_first) for number, (step, others_first) in enumerate(race.steps))
    )
    return outcomes, sorted(decided, key=decided.__getitem__)


async def run_serially(race_set_up: RaceSetUp, race: Race, order: Sequence[int]) -> list[Outcome]:
    """Run the steps serially. Return the outcomes by step number."""
    outcomes = {
        number: await _outcome(
            race_set_up, number, race.steps[number][0], race_set_up.shop.place_order, race_set_up.shop.clock
        )
        for number in order
    }
    return [outcomes[number] for number in range(len(race.steps))]


def _recording_process(shop: Shop, ticks: Iterator[int], decided: dict[int, Decision]) -> PlaceOrder:
    """Return a process of the service that records when each step made its decision.

    If a step is attempted several times, the decision of the last attempt is recorded.
    """

    async def run(commands: Sequence[PlaceOrderCommand]) -> Sequence[IdempotentResult[OrderView] | Exception]:
        # Several batches of a process run at the same time, so each batch has a separate clock.
        clock = TickingClock(ticks)
        outcomes = await shop.batch(clock)(commands)
        [moment] = clock.readings
        for position, (command, outcome) in enumerate(zip(commands, outcomes, strict=True)):
            if not isinstance(outcome, RowsLocked):
                decided[int(command.key.key)] = moment, position
        return outcomes

    return shop.other_process(run)


async def _outcome(
    race_set_up: RaceSetUp, number: int, step: Step, place_order: PlaceOrder, clock: Clock
) -> Outcome:
    """Run a step, and return the response without ids and timestamps."""
    try:
        match step:
            case Ordering(lines):
                placing = race_set_up.shop.commands.place_order(
                    *_chosen(race_set_up.products, lines), customer=race_set_up.customer, key=str(number)
                )
                placed = (await place_order(placing)).result
                return "placed", [(line.sku, line.quantity) for line in placed.lines]
            case Canceling(order):
                canceling = race_set_up.shop.commands.cancel_order(race_set_up.orders[order])
                cancel_order = CancelOrder(race_set_up.shop.store.unit_of_work, clock, race_set_up.shop.ids)
                return "cancelled", (await cancel_order(canceling)).result.version
            case Adjusting(lines):
                adjust_stock = AdjustStock(race_set_up.shop.store.unit_of_work, clock, race_set_up.shop.ids)
                adjusting = race_set_up.shop.commands.adjust_stock(*_chosen(race_set_up.products, lines))
                return "adjusted", (await adjust_stock(adjusting)).result.stocks
    except DomainError as refusal:
        return refusal.code, refusal.violations, refusal.params


def _chosen(products: Sequence[ProductView], lines: Lines) -> list[tuple[ProductView, int]]:
    return [(products[number], units) for number, units in lines]
