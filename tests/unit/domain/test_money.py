import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.currency import EXPONENTS
from domain.shared.money import MAX_AMOUNT, AmountOutOfRange, CurrencyMismatch, Money, UnknownCurrency

amounts = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
currencies = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.parametrize(
    ("money", "expected"),
    [
        (Money(1999, "EUR"), "19.99 EUR"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(0, "EUR"), "0.00 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(-1999, "EUR"), "-19.99 EUR"),
        (Money(1999, "JPY"), "1999 JPY"),
        (Money(0, "JPY"), "0 JPY"),
        (Money(-1, "JPY"), "-1 JPY"),
        (Money(1999, "KWD"), "1.999 KWD"),
        (Money(7, "KWD"), "0.007 KWD"),
        (Money(MAX_AMOUNT, "EUR"), "90071992547409.91 EUR"),
    ],
)
def test_formatted_money_is_in_major_units(money: Money, expected: str) -> None:
    assert str(money) == expected


@given(amounts, currencies)
def test_formatted_money_is_exact(amount: int, currency: str) -> None:
    digits, code = str(Money(amount, currency)).split()
    _, _, minor = digits.partition(".")
    assert int(digits.replace(".", "")) == amount
    assert (len(minor), code) == (EXPONENTS[currency], currency)


@pytest.mark.parametrize("amount", [MAX_AMOUNT + 1, -MAX_AMOUNT - 1, 10**200])
def test_amount_above_2_to_the_53_is_rejected(amount: int) -> None:
    with pytest.raises(AmountOutOfRange):
        Money(amount, "EUR")


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "XXX", "€", "EUR "])
def test_currency_outside_iso_4217_is_rejected(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


@given(st.lists(amounts))
def test_sum_of_amounts_is_exact_or_rejected_as_out_of_range(parts: list[int]) -> None:
    total = sum(parts)
    summands = [Money(part, "EUR") for part in parts]
    if abs(total) <= MAX_AMOUNT:
        assert Money.sum(summands, "EUR") == Money(total, "EUR")
    else:
        with pytest.raises(AmountOutOfRange):
            Money.sum(summands, "EUR")


@given(operation=st.sampled_from([operator.add, operator.sub]), one=amounts, other=amounts)
def test_sum_and_difference_of_two_amounts_are_exact_or_rejected(
    operation: Callable[[Any, Any], Any], one: int, other: int
) -> None:
    result = operation(one, other)
    if abs(result) <= MAX_AMOUNT:
        assert operation(Money(one, "EUR"), Money(other, "EUR")) == Money(result, "EUR")
    else:
        with pytest.raises(AmountOutOfRange):
            operation(Money(one, "EUR"), Money(other, "EUR"))


@given(amounts, st.integers(-1000, 1000))
def test_multiplied_amount_is_exact_or_rejected_as_out_of_range(amount: int, factor: int) -> None:
    if abs(amount * factor) <= MAX_AMOUNT:
        assert Money(amount, "EUR") * factor == Money(amount * factor, "EUR")
    else:
        with pytest.raises(AmountOutOfRange):
            Money(amount, "EUR") * factor


def test_sum_of_amounts_in_two_currencies_is_rejected() -> None:
    euro, yen = Money(1, "EUR"), Money(1, "JPY")
    with pytest.raises(CurrencyMismatch):
        euro + yen
    with pytest.raises(CurrencyMismatch):
        euro - yen
    with pytest.raises(CurrencyMismatch):
        Money.sum([euro, yen], "EUR")


def test_sum_of_an_empty_list_of_amounts_is_zero() -> None:
    assert Money.sum([], "JPY") == Money.zero("JPY") == Money(0, "JPY")


def test_every_currency_has_a_three_letter_code_and_at_most_three_decimals() -> None:
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in EXPONENTS)
    assert (EXPONENTS["JPY"], EXPONENTS["EUR"], EXPONENTS["KWD"]) == (0, 2, 3)
