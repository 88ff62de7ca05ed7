import pytest

from domain.catalog.adjusting import StockDelta, adjust
from domain.catalog.stock import MAX_ON_HAND, MovementReason, Stock, StockConflict
from domain.shared.ids import OrderId, ProductId
from tests.kit.actors import STAFF
from tests.kit.examples import NOW
from tests.kit.ports import SequentialIds

IDS = SequentialIds()
MUG, CUP, JUG = (ProductId(IDS.new()) for _ in range(3))


def stocks(*, mugs: int, cups: int) -> dict[ProductId, Stock]:
    return {
        product_id: Stock.open(product_id, on_hand, now=NOW, actor=STAFF)
        for product_id, on_hand in ((MUG, mugs), (CUP, cups))
    }


def adjust_all(adjusted: dict[ProductId, Stock], *deltas: StockDelta) -> None:
    adjust(deltas, adjusted, MovementReason.RECEIPT, note="lorry", now=NOW, actor=STAFF)


def test_every_adjustment_line_is_applied() -> None:
    adjusted = stocks(mugs=5, cups=5)
    adjust_all(adjusted, StockDelta(MUG, 3), StockDelta(CUP, -5))
    assert (adjusted[MUG].on_hand, adjusted[CUP].on_hand) == (8, 0)


def test_adjustment_lines_of_one_product_are_summed_before_validation() -> None:
    adjusted = stocks(mugs=1, cups=0)
    adjust_all(adjusted, StockDelta(MUG, -3), StockDelta(MUG, 3), StockDelta(MUG, 1))
    assert adjusted[MUG].on_hand == 2
    assert len(adjusted[MUG].movements) == 2


def test_rejected_adjustment_reports_every_invalid_line_and_changes_nothing() -> None:
    adjusted = stocks(mugs=5, cups=5)
    adjusted[CUP].reserve(2, order_id=OrderId(IDS.new()), now=NOW, actor=STAFF)
    with pytest.raises(StockConflict) as refusal:
        adjust_all(adjusted, StockDelta(MUG, 1), StockDelta(JUG, 1), StockDelta(CUP, -2), StockDelta(CUP, -2))
    assert [(violation.path, violation.code) for violation in refusal.value.violations] == [
        (("lines", 1, "product_id"), "unknown_product"),
        (("lines", 2, "delta"), "stock_out_of_range"),
    ]
    assert refusal.value.violations[1].params == {"on_hand": 5, "reserved": 2}
    assert (adjusted[MUG].on_hand, adjusted[CUP].on_hand) == (5, 5)


def test_adjustment_above_the_maximum_stock_is_rejected() -> None:
    adjusted = stocks(mugs=1, cups=0)
    with pytest.raises(StockConflict):
        adjust_all(adjusted, StockDelta(MUG, MAX_ON_HAND))
    adjust_all(adjusted, StockDelta(MUG, MAX_ON_HAND - 1))
    assert adjusted[MUG].on_hand == MAX_ON_HAND
