"""E-mail addresses. The grammar is a library's: `entrypoints/email_addresses.py` is the one place that parses text."""

import unicodedata
from dataclasses import dataclass, field
from typing import Self

from domain.shared.errors import ValidationFailed, Violation

MAX_LENGTH = 254
"""In octets (RFC 5321, section 4.5.3.1.3, less the angle brackets), and of raw text in code points before it is parsed."""

MAX_LOCAL_LENGTH = 64
"""In octets (RFC 5321, section 4.5.3.1.1)."""

_ENCODED_WORD = "=?"
"""How an encoded word begins (RFC 2047). Mail software decodes it, so that the address that is read is another one."""


class InvalidEmailAddress(ValidationFailed):
    """The text is not an address that the shop sends mail to."""

    def __init__(self) -> None:
        detail = "Send an e-mail address, as in ann@example.com."
        super().__init__(detail, violations=[Violation(("email",), "not_an_email", detail)])


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address. Two spellings of one mailbox are equal.

    `normalized` is compared, stored as unique, and throttled by: NFC and in lower case, the domain as an A-label
    (RFC 5890). `typed` is where mail is sent: the part before the @ is as its owner typed it. RFC 5321, section 2.4
    lets a host tell `Ann@` from `ann@`; in practice none does, and people type both.
    """

    normalized: str
    typed: str = field(compare=False)

    @classmethod
    def of(cls, local_part: str, domain: str) -> Self:
        """Return the address of a mailbox at a domain, which is an A-label. Raises InvalidEmailAddress."""
        local_part = unicodedata.normalize("NFC", local_part)
        typed = f"{local_part}@{domain.lower()}"
        if (
            not local_part
            or not domain.isascii()
            or _ENCODED_WORD in local_part
            or not typed.isprintable()
            or any(character in '<>()[]:;,"\\ @' for character in local_part)
            or len(local_part.encode()) > MAX_LOCAL_LENGTH
            or len(typed.encode()) > MAX_LENGTH
        ):
            raise InvalidEmailAddress
        return cls(unicodedata.normalize("NFC", typed.lower()), typed)

    @classmethod
    def stored(cls, normalized: str, typed: str | None) -> Self:
        """Return an address as it is stored. It is not validated: rules may have changed since."""
        return cls(normalized, typed or normalized)

    def __str__(self) -> str:
        return self.normalized


def masked_email(address: str) -> str:
    """Return the first character of each part of an unknown address: all of it that may be logged.

    People type their password in the wrong place (OWASP, Logging Cheat Sheet).
    """
    parts = address.split("@")[:2]
    return "@".join(f"{part[:1] if part[:1].isprintable() else ''}***" for part in parts)
