"""Money in Stripe's smallest units.

Stripe's units equal ISO 4217's minor units except for three currencies: 5 ISK are 500 units, 5 UGX are 500
units, and 5 MGA are 5 units. See https://docs.stripe.com/currencies#special-cases and #zero-decimal.
"""

from domain.shared.currency import EXPONENTS
from domain.shared.money import Money

_DIGITS = {**EXPONENTS, "ISK": 2, "UGX": 2, "MGA": 0}


class NotChargeable(ValueError):
    """The amount is not a whole number of Stripe's smallest units."""


def to_stripe(money: Money) -> tuple[int, str]:
    """Return Stripe's amount and currency. Raises NotChargeable."""
    digits, exponent = _DIGITS[money.currency], EXPONENTS[money.currency]
    amount, remainder = divmod(money.amount * 10**digits, 10**exponent)
    if remainder:
        raise NotChargeable
    return amount, money.currency.lower()


def from_stripe(amount: int, currency: str) -> Money:
    """Return Stripe's amount as money.

    Raises AmountOutOfRange. Raises KeyError for an unknown currency.
    """
    code = currency.upper()
    return Money(amount * 10 ** EXPONENTS[code] // 10 ** _DIGITS[code], code)
