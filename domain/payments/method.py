"""Payment methods."""

from enum import StrEnum


class PaymentMethod(StrEnum):
    """A provider of payments. Its value is its name in the API, in events and in the database."""

    SANDBOX = "sandbox"
    STRIPE = "stripe"
