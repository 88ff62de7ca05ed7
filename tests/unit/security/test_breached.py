"""Breached passwords are found regardless of capitalization."""

from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.security.breached import ListedBreachedPasswords

LIST = ListedBreachedPasswords()


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password1234",
        "PASSWORD1234",
        "QwertyUiop123",
        "02August1970",
        "correcthorsebatterystaple",
        "\uff11\uff123456789012",
    ],
)
def test_breached_password_is_found_in_the_packed_list(password: str) -> None:
    assert LIST.contains(password)


@pytest.mark.parametrize(
    "password", ["password", "PassWord", "12345678", "iloveyou", "qwerty123", "\uff50assword"]
)
def test_breached_password_below_the_minimum_length_is_found_in_the_packed_list(password: str) -> None:
    assert LIST.contains(password)


@pytest.mark.parametrize(
    "password",
    ["x7$Kq!2z", "xK-27-qZj", "x7$Kq!2zLm9", "four-winds-2026-harbour", "zürich ist weit weg von hier"],
)
def test_uncommon_password_is_not_found_in_the_packed_list(password: str) -> None:
    assert not LIST.contains(password)


@example("\ud800 lone surrogate")
@given(st.text(st.characters(), max_size=128))
def test_breached_password_is_found_in_any_unicode_composition(password: str) -> None:
    assert LIST.contains(password) == LIST.contains(normalize("NFKC", password))
