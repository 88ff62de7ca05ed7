"""Money: integer minor units of one currency, never a float or a Decimal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from domain.shared.currency import EXPONENTS
from domain.shared.errors import ValidationFailed

MAX_AMOUNT = 2**53 - 1
"""The largest integer that every JSON parser reads exactly (RFC 8259, section 6)."""


class AmountOutOfRange(ValidationFailed):
    """The amount exceeds MAX_AMOUNT."""

    def __init__(self) -> None:
        super().__init__(f"An amount of money cannot exceed {MAX_AMOUNT} minor units.")


class UnknownCurrency(ValidationFailed):
    """The code is not listed in ISO 4217."""

    def __init__(self) -> None:
        super().__init__("The currency is not a code of ISO 4217.")


class CurrencyMismatch(ValueError):
    """An operation combines two currencies. This is a programming error, not an input error."""


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` minor units of `currency`.

    `Money(1999, "EUR")` is 19.99 euros, `Money(1999, "JPY")` is 1999 yen. Raises AmountOutOfRange and
    UnknownCurrency.
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if not -MAX_AMOUNT <= self.amount <= MAX_AMOUNT:
            raise AmountOutOfRange
        if self.currency not in EXPONENTS:
            raise UnknownCurrency

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def sum(cls, parts: Iterable["Money"], currency: str) -> Self:
        """Return the sum of amounts of one currency, or zero if there are no amounts.

        Raises CurrencyMismatch, AmountOutOfRange.
        """
        total = 0
        for part in parts:
            if part.currency != currency:
                raise CurrencyMismatch
            total += part.amount
        return cls(total, currency)

    def __add__(self, other: "Money") -> "Money":
        self._ensure_same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._ensure_same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.amount * factor, self.currency)

    def __str__(self) -> str:
        """Return the amount in major units with its currency: `19.99 EUR`."""
        exponent = EXPONENTS[self.currency]
        sign, digits = "-" if self.amount < 0 else "", str(abs(self.amount)).rjust(exponent + 1, "0")
        major, minor = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
        return f"{sign}{major}{'.' if minor else ''}{minor} {self.currency}"

    def _ensure_same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch
