"""The grammar of e-mail addresses for HTTP, commands and settings, from email-validator."""

import re

from email_validator import EmailNotValidError, validate_email

from domain.users.email_address import MAX_LENGTH, EmailAddress, InvalidEmailAddress

_FORMER_GRAMMAR = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
"""The grammar of e-mail addresses in a former release. HTML defines a similar grammar for `<input type=email>`."""


def parse_email_address(text: str) -> EmailAddress:
    """Return the address of one mailbox. Raises InvalidEmailAddress.

    Display names, quoted parts, address literals, encoded words (RFC 2047) and reserved domains such as
    `.invalid` (RFC 2606) are rejected. Internationalized domains are accepted in ASCII and Unicode form (RFC
    5890). Internationalized local parts are accepted (RFC 6531). Only a message can verify that the address
    receives mail.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidEmailAddress
    try:
        parsed = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_empty_local=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
        )
    except (EmailNotValidError, ValueError):  # ValueError: a lone surrogate cannot be encoded
        raise InvalidEmailAddress from None
    if parsed.ascii_domain is None:
        raise InvalidEmailAddress
    return EmailAddress.of(parsed.local_part, parsed.ascii_domain)


def known_email_address(text: str) -> EmailAddress:
    """Parse the e-mail address of an existing account. Raises InvalidEmailAddress.

    If a former release accepted the address, it is valid, even if new accounts can no longer use such addresses.
    """
    try:
        return parse_email_address(text)
    except InvalidEmailAddress:
        if len(text) > MAX_LENGTH or not _FORMER_GRAMMAR.fullmatch(text):
            raise
        return EmailAddress.stored(text.lower(), text)


def sought_email_address(text: str) -> EmailAddress:
    """Return an e-mail address that is used to find an account and to throttle attempts.

    Clients can send any text. If the text is not a valid address, the result contains the text itself.
    """
    text = text[:MAX_LENGTH].strip()
    try:
        return parse_email_address(text)
    except InvalidEmailAddress:
        return EmailAddress.stored(text.lower(), text)
