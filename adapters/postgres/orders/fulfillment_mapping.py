from uuid import UUID

from adapters.json_text import to_json
from adapters.postgres.core.result_row import ResultRow
from application.orders.views import FulfillmentView
from domain.orders.fulfillment import FulfilledLine, Fulfillment
from domain.shared.ids import FulfillmentId, LineId, OrderId


def fulfillment_values(fulfillment: Fulfillment) -> dict[str, object]:
    return {
        "id": fulfillment.id,
        "order_id": fulfillment.order_id,
        "lines": to_json(fulfillment.lines),
        "carrier": fulfillment.carrier,
        "tracking": fulfillment.tracking,
        "created_at": fulfillment.created_at,
    }


def fulfillment_view_from(row: ResultRow) -> FulfillmentView:
    return FulfillmentView(
        id=FulfillmentId(row.id),
        order_id=OrderId(row.order_id),
        lines=tuple(FulfilledLine(LineId(UUID(line["line_id"])), line["quantity"]) for line in row.lines),
        carrier=row.carrier,
        tracking=row.tracking,
        created_at=row.created_at,
    )
