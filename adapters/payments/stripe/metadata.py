"""Our ids, which Stripe keeps with what it makes for us and hands back."""

from uuid import UUID

from stripe import StripeObject

PAYMENT_ID = "payment_id"
REFUND_ID = "refund_id"


def our_id(made: StripeObject, name: str) -> UUID | None:
    """Return the id that we have given it, or None for what somebody else has made with the same account."""
    try:
        return UUID(made["metadata"][name])
    except (KeyError, TypeError, ValueError):
        return None
