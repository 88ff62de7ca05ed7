"""Which refusal a violated constraint stands for: the constraint decides, and nobody looks before he inserts."""

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from application.catalog.ports import SkuTaken
from application.orders.ports import OrderExists
from application.users.ports import EmailTaken
from domain.catalog.stock import ReservationExceedsStock
from domain.shared.errors import DomainError

REFUSALS: Mapping[str, type[EmailTaken | SkuTaken | OrderExists | ReservationExceedsStock]] = {
    "uq_users_email": EmailTaken,
    "uq_products_sku": SkuTaken,
    "uq_orders_customer_id_idempotency_key": OrderExists,
    "ck_stocks_reserved_within_on_hand": ReservationExceedsStock,
}


def violated(error: DBAPIError) -> DomainError | None:
    """Return the refusal that the violated constraint stands for, if it stands for one."""
    name = getattr(error.driver_exception, "constraint_name", None)
    refusal = REFUSALS.get(name) if name else None
    return refusal() if refusal else None
