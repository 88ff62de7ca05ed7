"""Breadth-first exploration of all reachable states."""

from collections import deque
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass

from domain.orders.lifecycle import InvalidTransition
from domain.orders.order_return import InvalidReturnTransition
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.placing import OutOfStock
from domain.orders.refunding import RefundExceedsPaid
from domain.shared.errors import ValidationFailed
from tests.model.moves import Move, Moves
from tests.model.rules import BrokenRule, check_state, check_step
from tests.model.world import Bounds, Snapshot, World

REFUSALS = (
    InvalidReturnTransition,
    InvalidTransition,
    OrderDisputed,
    OutOfStock,
    PaymentInProgress,
    RefundExceedsPaid,
    ValidationFailed,
)
"""The errors that a use case may raise. Any other exception is a defect."""


class Counterexample(Exception):
    """A sequence of moves that breaks a rule."""

    def __init__(self, rule: str, moves: tuple[str, ...]) -> None:
        super().__init__(f"{rule} is broken by: " + "; ".join(moves))
        self.rule = rule


@dataclass(frozen=True, slots=True)
class ExplorationCounts:
    """The numbers of states and steps that an exploration has checked."""

    states: int
    steps: int
    depth: int

    def __str__(self) -> str:
        return f"{self.states} states, {self.steps} steps, at most {self.depth} deep"


async def explore(bounds: Bounds) -> ExplorationCounts:
    """Try every move in every reachable state. States that need fewer moves come first.

    Raises Counterexample.
    """
    world = await World.create(bounds)
    first = world.snapshot()
    world.restore(first)
    ways: dict[Hashable, tuple[str, ...]] = {world.key(): ()}
    waiting: deque[tuple[Snapshot, tuple[str, ...]]] = deque([(first, ())])
    steps = depth = 0
    while waiting:
        state, way = waiting.popleft()
        world.restore(state)
        for move in list(Moves(world).possible()):
            world.restore(state)
            steps += 1
            way_on = (*way, move.name)
            await _take(move, world, state, way_on)
            if (key := world.key()) not in ways:
                ways[key] = way_on
                depth = max(depth, len(way_on))
                waiting.append((world.snapshot(), way_on))
    return ExplorationCounts(len(ways), steps, depth)


async def _take(move: Move, world: World, state: Snapshot, way: tuple[str, ...]) -> None:
    try:
        with suppress(*REFUSALS):
            await move.run()
        check_step(world, state)
        check_state(world)
    except BrokenRule as broken:
        raise Counterexample(broken.rule, way) from None
    except Exception as error:
        raise Counterexample(f"{type(error).__name__}: {error}", way) from error
