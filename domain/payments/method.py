"""Payment methods."""

from enum import StrEnum


class PaymentMethod(StrEnum):
    """A provider of payments. Its value is its name in the API, in events and in the database.

    - `sandbox`: simulates a provider and moves no money.
    - `stripe`: Stripe.
    """

    SANDBOX = "sandbox"
    STRIPE = "stripe"
