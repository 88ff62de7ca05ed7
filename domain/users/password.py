"""The rules for passwords.

The rules limit the length, but not the characters (NIST SP 800-63B, section 3.1.1.2).
"""

import unicodedata

from domain.shared.errors import ValidationFailed, Violation

MAX_LENGTH = 128
"""The maximum length of a normalized password, in characters."""

MAX_RAW_LENGTH = 4 * MAX_LENGTH
"""The maximum length of a password as it was typed, in characters.

This limit is checked first, because the time to normalize combining marks grows with the square of their
number.
"""

LOWEST_MIN_LENGTH = 8


class WeakPassword(ValidationFailed):
    """The password is too short, too long or too easy to guess.

    `field` is the name of the command's field that contains the password.
    """

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__("The password is not acceptable.", violations=[Violation((field,), code, detail)])


def normalize_password(password: str) -> str:
    """Return the NFKC form of a password. Only this form is hashed.

    Different keyboards can encode the same password differently. The NFKC form of all these encodings is the same.

    Raises:
        ValueError: the password has more than `MAX_RAW_LENGTH` characters. Check the length first.
    """
    if len(password) > MAX_RAW_LENGTH:
        raise ValueError(f"A password of more than {MAX_RAW_LENGTH} characters is not normalized.")
    return unicodedata.normalize("NFKC", password)


def ensure_long_enough(password: str, *, min_length: int, field: str) -> None:
    """Raise WeakPassword if a normalized password has an invalid length.

    A valid length is from `min_length` to 128 characters.
    """
    if len(password) > MAX_RAW_LENGTH:
        raise _too_long(field)
    length = len(normalize_password(password))
    if length < min_length:
        raise WeakPassword(field, "password_too_short", f"A password has at least {min_length} characters.")
    if length > MAX_LENGTH:
        raise _too_long(field)


def _too_long(field: str) -> WeakPassword:
    return WeakPassword(field, "password_too_long", f"A password has at most {MAX_LENGTH} characters.")
