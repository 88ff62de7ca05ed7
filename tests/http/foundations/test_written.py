"""The service serializes a view to the same JSON as the response model of the view does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.catalog.views import ProductView
from application.orders.views import LineView, OrderView
from domain.catalog.product import ProductStatus
from domain.orders.address import Address
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.shared.ids import LineId, OrderId, ProductId, UserId
from domain.shared.money import MAX_AMOUNT, Money
from entrypoints.http.api.catalog.schemas import ProductResponse
from entrypoints.http.api.orders.schemas import OrderResponse
from entrypoints.http.representation.pagination import PageResponse, PageResult
from entrypoints.http.representation.schemas import ResponseModel
from entrypoints.http.representation.serialization import serialize, serialize_page

ID = UUID("019b8d2c-8e00-7000-8000-000000000000")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = NOON + timedelta(microseconds=120)
TEXT = 'Größe "M"\u2028\n</script>'


class DriverUUID(UUID):
    """A subclass of UUID. Drivers of databases return ids of such classes."""


LINE = LineView(
    id=LineId(ID),
    product_id=ProductId(ID),
    sku="MUG-RED",
    name=TEXT,
    unit_price=Money(1999, "EUR"),
    quantity=3,
    fulfilled=1,
    refunded=0,
    line_total=Money(5997, "EUR"),
)
ORDER = OrderView(
    id=OrderId(ID),
    number="7K3F-9QDM-2XWA",
    status=OrderStatus.PENDING_PAYMENT,
    payment_status=OrderPaymentStatus.UNPAID,
    fulfillment_status=FulfillmentStatus.PARTIAL,
    allowed_actions=(Action.PAY, Action.CANCEL),
    currency="EUR",
    lines=(LINE, LINE),
    total=Money(11994, "EUR"),
    paid_total=Money(0, "EUR"),
    refunded_total=Money(0, "EUR"),
    customer_id=UserId(ID),
    shipping_address=None,
    note=None,
    metadata={},
    expires_at=NOON,
    placed_at=LATER,
    updated_at=LATER,
    version=1,
)
PRODUCT = ProductView(
    id=ProductId(ID),
    sku="MUG-RED",
    name=TEXT,
    description="",
    price=Money(MAX_AMOUNT, "JPY"),
    attributes={},
    status=ProductStatus.ACTIVE,
    available=0,
    max_per_order=None,
    version=2**40,
    created_at=NOON,
    updated_at=LATER,
)
ADDRESS = Address(
    name=TEXT, line1="1 High Street", line2=None, city="Dublin", region="D", postal_code=None, country="IE"
)


@pytest.mark.parametrize(
    ("view", "model"),
    [
        (ORDER, OrderResponse),
        (
            replace(
                ORDER, allowed_actions=(), shipping_address=ADDRESS, note=TEXT, metadata={"b": "1", "a": TEXT}
            ),
            OrderResponse,
        ),
        *((replace(ORDER, status=status), OrderResponse) for status in OrderStatus),
        *((replace(ORDER, payment_status=status), OrderResponse) for status in OrderPaymentStatus),
        *((replace(ORDER, fulfillment_status=status), OrderResponse) for status in FulfillmentStatus),
        (replace(ORDER, allowed_actions=tuple(Action)), OrderResponse),
        (replace(ORDER, id=OrderId(DriverUUID(ID.hex))), OrderResponse),
        (replace(ORDER, customer_id=None), OrderResponse),
        (PRODUCT, ProductResponse),
        (
            replace(PRODUCT, status=ProductStatus.ARCHIVED, attributes={"colour": "red"}, max_per_order=3),
            ProductResponse,
        ),
    ],
)
def test_view_and_its_response_model_are_serialized_to_equal_json(
    view: object, model: type[ResponseModel]
) -> None:
    assert serialize(view) == model.model_validate(view).model_dump_json().encode()


@pytest.mark.parametrize("portion", [PageResult((), None), PageResult((PRODUCT, PRODUCT), "bmV4dA")])
def test_page_and_its_response_model_are_serialized_to_equal_json(portion: PageResult[ProductView]) -> None:
    model = PageResponse[ProductResponse].model_validate(portion)
    assert serialize_page(portion) == model.model_dump_json().encode()
