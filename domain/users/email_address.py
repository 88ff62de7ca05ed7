"""E-mail addresses.

Only `entrypoints/email_addresses.py` parses addresses from text. It uses a library.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Self

from domain.shared.errors import ValidationFailed, Violation

MAX_LENGTH = 254
"""The maximum length of an address in octets (RFC 5321, section 4.5.3.1.3).

The angle brackets are not counted. Unparsed text has the same maximum, in code points.
"""

MAX_LOCAL_LENGTH = 64
"""The maximum length of a local part in octets (RFC 5321, section 4.5.3.1.1)."""

_ENCODED_WORD = "=?"
"""The beginning of an encoded word (RFC 2047).

Mail software decodes encoded words, and would send the message to another address.
"""


class InvalidEmailAddress(ValidationFailed):
    """The text is not an address to which the shop sends mail."""

    def __init__(self) -> None:
        detail = "Send an e-mail address, as in ann@example.com."
        super().__init__(detail, violations=[Violation(("email",), "not_an_email", detail)])


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An e-mail address. Two spellings of the same mailbox are equal.

    `normalized` is the form for comparison, uniqueness and throttling: NFC in lower case, with the domain as an
    A-label (RFC 5890). `typed` is the address for mail: the part before the @ is spelled as the owner typed it. RFC
    5321, section 2.4 permits a host to distinguish `Ann@` from `ann@`. In practice, no host distinguishes these
    addresses, and people type both spellings.
    """

    normalized: str
    typed: str = field(compare=False)

    @classmethod
    def of(cls, local_part: str, domain: str) -> Self:
        """Return the address of a mailbox at a domain. The domain must be an A-label.

        Raises InvalidEmailAddress.
        """
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
        """Return an address from its stored form, without validation.

        The rules may have changed since the address was stored.
        """
        return cls(normalized, typed or normalized)

    def __str__(self) -> str:
        return self.normalized


def masked_email(address: str) -> str:
    """Return a masked e-mail address for the audit log: only the first character of each part.

    The audit log must not contain the whole text, because people sometimes type their password into the field
    for the address (OWASP, Logging Cheat Sheet).
    """
    parts = address.split("@")[:2]
    return "@".join(f"{part[:1] if part[:1].isprintable() else ''}***" for part in parts)
