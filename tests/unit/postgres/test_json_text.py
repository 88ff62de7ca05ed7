"""A replayed result equals the first result. The types of all values are equal too."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from adapters.json_text import from_json, to_json
from application.catalog.views import AdjustmentView, StockView
from domain.catalog.stock import MovementReason
from domain.orders.address import Address
from domain.shared.money import MAX_AMOUNT, Money
from tests.kit.shop import Shop
from tests.kit.store import memory_store

ADDRESS = Address(
    name="Łucja 'Ä' O\"Neil",
    line1="1 \\ Street",
    line2=None,
    city="東京",
    region=None,
    postal_code="100-0001",
    country="JP",
)
ODD_MOMENT = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)


async def _views() -> list[object]:
    shop = Shop(memory_store())
    mug = await shop.product(stock=5, attributes={"z": "last", "a": "first"})
    order = await shop.order(mug, quantity=2)
    return [
        await shop.customer(),
        replace(mug, created_at=ODD_MOMENT, max_per_order=3),
        replace(order, shipping_address=ADDRESS, note="\u2028 & </script>", placed_at=ODD_MOMENT),
        replace(order, total=Money(MAX_AMOUNT, "KWD"), metadata={"z": "1", "a": "2"}),
        AdjustmentView(
            id=UUID(int=7),
            reason=MovementReason.DAMAGE,
            note=None,
            stocks=(StockView(product_id=mug.id, sku="M", on_hand=3, reserved=1, available=2, version=4),),
        ),
    ]


async def test_view_equals_itself_after_conversion_to_json_and_back() -> None:
    for view in await _views():
        assert typed(from_json(to_json(view), type(view))) == typed(view)


def typed(value: Any) -> Any:
    """Return the value as plain data, in which every part is paired with the type of this part."""
    match value:
        case Enum():
            return type(value), value.name
        case datetime():
            return datetime, value.isoformat()
        case dict():
            return dict, [(key, typed(item)) for key, item in value.items()]
        case tuple():
            return tuple, [typed(item) for item in value]
        case _ if is_dataclass(value):
            return type(value), {f.name: typed(getattr(value, f.name)) for f in fields(value)}
        case _:
            return type(value), value
