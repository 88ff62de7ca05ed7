from dataclasses import dataclass

from application.users.ports import BreachedPasswords
from domain.users.password import WeakPassword, ensure_long_enough, normalize_password


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The password policy: a minimum length, and no password from the list of breached passwords."""

    breached: BreachedPasswords
    min_length: int

    def check(self, password: str, *, field: str) -> None:
        """Raise WeakPassword if the password has an invalid length or was breached.

        `field` is the field that contains the password.
        """
        ensure_long_enough(password, min_length=self.min_length, field=field)
        if self.breached.contains(normalize_password(password)):
            raise WeakPassword(
                field, "password_breached", "This password is on a list of known ones. Choose another."
            )
