from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from domain.catalog.stock import (
    MAX_ON_HAND,
    MovementReason,
    ReservationExceedsStock,
    Stock,
    StockConflict,
    StockDepleted,
    StockReplenished,
)
from domain.shared.actor import Actor
from domain.shared.errors import PreconditionFailed
from domain.shared.ids import OrderId, ProductId, UserId
from tests.kit.examples import NOW
from tests.kit.ports import SequentialIds

ANN = Actor(UserId(SequentialIds().new()), "request-1")
DELTAS = st.integers(-8, 8) | st.sampled_from([MAX_ON_HAND, -MAX_ON_HAND])


def a_stock(on_hand: int) -> Stock:
    return Stock.open(ProductId(SequentialIds().new()), on_hand, now=NOW, actor=ANN)


class Warehouse(RuleBasedStateMachine):
    """A Hypothesis state machine that applies all operations on a stock in any sequence."""

    reservations: Bundle[tuple[OrderId, int]] = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.ids = SequentialIds()
        self.stock = a_stock(5)
        self.on_hand = 5
        self.reserved = 0

    @rule(target=reservations, quantity=st.integers(1, 8))
    def reserve(self, quantity: int) -> Any:
        order_id = OrderId(self.ids.new())
        if quantity > self.on_hand - self.reserved:
            assert not self.stock.can_supply(quantity)
            with pytest.raises(ReservationExceedsStock):
                self.stock.reserve(quantity, order_id=order_id, now=NOW, actor=ANN)
            return multiple()
        self.stock.reserve(quantity, order_id=order_id, now=NOW, actor=ANN)
        self.reserved += quantity
        return order_id, quantity

    @rule(reservation=consumes(reservations))
    def release(self, reservation: tuple[OrderId, int]) -> None:
        order_id, quantity = reservation
        self.stock.release(quantity, order_id=order_id, now=NOW, actor=ANN)
        self.reserved -= quantity

    @rule(delta=DELTAS)
    def adjust(self, delta: int) -> None:
        if self.reserved <= self.on_hand + delta <= MAX_ON_HAND:
            self.stock.adjust(delta, MovementReason.CORRECTION, note=None, now=NOW, actor=ANN)
            self.on_hand += delta
        else:
            with pytest.raises(StockConflict):
                self.stock.adjust(delta, MovementReason.CORRECTION, note=None, now=NOW, actor=ANN)

    @rule(found=st.integers(-1, 12) | st.sampled_from([MAX_ON_HAND, MAX_ON_HAND + 1]))
    def count(self, found: int) -> None:
        seen = self.stock.version
        if self.reserved <= found <= MAX_ON_HAND:
            self.stock.count(found, seen=seen, note="inventory", now=NOW, actor=ANN)
            self.on_hand = found
        else:
            with pytest.raises(StockConflict):
                self.stock.count(found, seen=seen, note="inventory", now=NOW, actor=ANN)

    @rule(stale=st.integers(0, 100), found=st.integers(0, 100))
    def count_what_has_moved_meanwhile(self, stale: int, found: int) -> None:
        with pytest.raises(PreconditionFailed) as refusal:
            self.stock.count(found, seen=self.stock.version - 1 - stale, note="", now=NOW, actor=ANN)
        assert refusal.value.current_version == self.stock.version

    @invariant()
    def nothing_is_oversold(self) -> None:
        assert (self.stock.on_hand, self.stock.reserved) == (self.on_hand, self.reserved)
        assert 0 <= self.stock.reserved <= self.stock.on_hand <= MAX_ON_HAND
        assert self.stock.available == self.on_hand - self.reserved

    @invariant()
    def the_ledger_adds_up_and_every_version_has_its_movement(self) -> None:
        movements = self.stock.movements
        assert sum(movement.on_hand_delta for movement in movements) == self.on_hand
        assert sum(movement.reserved_delta for movement in movements) == self.reserved
        assert (movements[-1].on_hand, movements[-1].reserved) == (self.on_hand, self.reserved)
        assert len(movements) == self.stock.version


TestWarehouse = Warehouse.TestCase
TestWarehouse.settings = settings(stateful_step_count=30)


@pytest.mark.parametrize("on_hand", [-1, MAX_ON_HAND + 1])
def test_invalid_initial_stock_is_rejected(on_hand: int) -> None:
    with pytest.raises(StockConflict):
        a_stock(on_hand)


def test_stock_movement_records_the_actor_and_the_reason_and_the_order() -> None:
    stock, order_id = a_stock(5), OrderId(SequentialIds().new())
    stock.reserve(2, order_id=order_id, now=NOW, actor=ANN)
    stock.adjust(-1, MovementReason.DAMAGE, note="dropped", now=NOW, actor=ANN)
    opened, reserved, damaged = stock.movements
    assert (opened.reason, opened.order_id) == (MovementReason.INITIAL, None)
    assert (reserved.reason, reserved.order_id) == (MovementReason.RESERVED, order_id)
    assert (damaged.reason, damaged.note) == (MovementReason.DAMAGE, "dropped")
    assert {(movement.actor, movement.at) for movement in stock.movements} == {(ANN, NOW)}


def test_rejected_stock_count_reports_the_reserved_units() -> None:
    stock = a_stock(5)
    stock.reserve(3, order_id=OrderId(SequentialIds().new()), now=NOW, actor=ANN)
    with pytest.raises(StockConflict) as refusal:
        stock.count(2, seen=stock.version, note="inventory", now=NOW, actor=ANN)
    assert refusal.value.params == {"reserved": 3}


def test_event_is_recorded_when_available_units_reach_zero_or_rise_above_zero() -> None:
    order_id = OrderId(SequentialIds().new())
    stock = a_stock(2)
    assert stock.take_events() == []
    stock.reserve(1, order_id=order_id, now=NOW, actor=ANN)
    assert stock.take_events() == []
    stock.reserve(1, order_id=order_id, now=NOW, actor=ANN)
    stock.ship(1, order_id=order_id, now=NOW, actor=ANN)
    [depleted] = stock.take_events()
    assert isinstance(depleted, StockDepleted)
    assert (depleted.on_hand, depleted.reserved, depleted.aggregate_version) == (2, 2, 3)
    stock.release(1, order_id=order_id, now=NOW, actor=ANN)
    [replenished] = stock.take_events()
    assert isinstance(replenished, StockReplenished)
    assert (replenished.on_hand, replenished.reserved) == (1, 0)
