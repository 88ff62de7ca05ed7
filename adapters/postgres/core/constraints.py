"""The error for each violated constraint.

Uniqueness is enforced by constraints, not by a prior SELECT.
"""

from collections.abc import Mapping

from application.catalog.ports import SkuTaken
from application.clients.ports import ClientNameTaken
from application.orders.ports import OrderExists
from application.shared.idempotency import IdempotencyRecordExists
from application.users.ports import EmailTaken
from domain.catalog.stock import ReservationExceedsStock
from domain.shared.errors import DomainError

REFUSALS: Mapping[
    str,
    type[
        EmailTaken
        | ClientNameTaken
        | SkuTaken
        | OrderExists
        | IdempotencyRecordExists
        | ReservationExceedsStock
    ],
] = {
    "uq_users_email": EmailTaken,
    "uq_service_clients_name": ClientNameTaken,
    "uq_products_sku": SkuTaken,
    "uq_orders_customer_id_idempotency_key": OrderExists,
    "pk_idempotency_keys": IdempotencyRecordExists,
    "ck_stocks_reserved_within_on_hand": ReservationExceedsStock,
}


def error_for_constraint(constraint: str | None) -> DomainError | None:
    """Return the error for a violated constraint, or None."""
    refusal = REFUSALS.get(constraint or "")
    return refusal() if refusal else None
