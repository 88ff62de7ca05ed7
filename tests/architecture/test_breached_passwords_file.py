"""The committed file of breached passwords contains the passwords of its source lists."""

import random
import string

from adapters.security.breached import SUFFIX_LENGTH, ListedBreachedPasswords
from tests.unit.security.pack_breached_passwords import PACKED, listed_passwords, pack

LIST = ListedBreachedPasswords()
LONG = 15
"""The minimum length of a password that is the only authentication factor (NIST SP 800-63B-4, section 3.1.1.2)."""


def test_packed_list_contains_every_password_of_the_source_lists() -> None:
    listed = list(listed_passwords("0/0"))
    assert sum(len(password) >= LONG for password in listed) > 1_000
    assert [password for password in listed if not LIST.contains(password)] == []
    assert [password for password in listed[::10] if not LIST.contains(password.swapcase())] == []


def test_packed_list_of_breached_passwords_has_four_million_entries() -> None:
    """The source lists have 4.2 million passwords. In the packed list, passwords that differ only in capitalization
    are one entry.
    """
    entries = (PACKED.stat().st_size - len(pack([]))) / SUFFIX_LENGTH
    assert 4_000_000 < entries < 4_200_000


def test_packed_list_very_rarely_reports_a_random_password_as_breached() -> None:
    """On average, 5,000 random passwords cause 0.02 false matches.

    The seed is fixed, so all runs test the same passwords.
    """
    draw = random.Random(1)  # noqa: S311 - the fixed seed makes every run the same, and the passwords are not secret
    passwords = ("".join(draw.choices(string.printable, k=16)) for _ in range(5_000))
    assert sum(LIST.contains(password) for password in passwords) <= 1
