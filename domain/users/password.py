"""What a password has to be. No composition rules (NIST SP 800-63B, section 3.1.1.2)."""

import unicodedata

from domain.shared.errors import ValidationFailed, Violation

MAX_LENGTH = 128
LOWEST_MIN_LENGTH = 8


class WeakPassword(ValidationFailed):
    """The password would be guessed. `field` is the command's field that has it."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__("The password is not acceptable.", violations=[Violation((field,), code, detail)])


def normalize_password(password: str) -> str:
    """Return the form that is hashed: NFKC, so that one password typed on two keyboards is one."""
    return unicodedata.normalize("NFKC", password)


def ensure_long_enough(password: str, *, min_length: int, field: str) -> None:
    """Raise WeakPassword unless the normalize_password password has from `min_length` to 128 characters."""
    length = len(normalize_password(password))
    if length < min_length:
        raise WeakPassword(field, "password_too_short", f"A password has at least {min_length} characters.")
    if length > MAX_LENGTH:
        raise WeakPassword(field, "password_too_long", f"A password has at most {MAX_LENGTH} characters.")
