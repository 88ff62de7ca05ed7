"""The service's ids in the metadata of Stripe's objects."""

from uuid import UUID

from stripe import StripeObject

PAYMENT_ID = "payment_id"
REFUND_ID = "refund_id"


def our_id(made: StripeObject, name: str) -> UUID | None:
    """Return the service's id, or None for an object that another program created in the same account."""
    try:
        return UUID(made["metadata"][name])
    except (KeyError, TypeError, ValueError):
        return None
