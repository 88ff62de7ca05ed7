"""Guests: customers without an account. Staff or a service client places their orders."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.shared.errors import Violation
from domain.users.email_address import EmailAddress
from domain.users.user import FULL_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    email: EmailAddress
    full_name: str | None = None

    def violations(self) -> Iterator[Violation]:
        yield from FULL_NAME.violations(self.full_name, "guest", "full_name")
