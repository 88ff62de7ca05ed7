"""Signatures of Standard Webhooks, made with the reference library.

The specification is at https://www.standardwebhooks.com.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from standardwebhooks import Webhook

TOLERANCE = timedelta(minutes=5)
"""The maximum age of a message.

Older messages may be replays. The clocks of sender and receiver may differ by this duration.
"""

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)
_MAX_SIGNATURES = 10
"""The maximum number of signatures that are compared per message.

While a sender replaces its secret, each of its messages has two signatures.
"""
_SECONDS = re.compile(r"[0-9]{1,11}")


class BadSignature(Exception):
    """The message is too old, or its signature matches no secret."""


class StandardWebhooks:
    """Signing and verification of messages.

    A message has one signature per secret. It is accepted if one of its signatures matches one of the receiver's
    secrets. While a secret is being replaced, the old and the new secret are therefore both accepted.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._keys = [Webhook(secret) for secret in secrets]

    def sign(self, message_id: str, body: str, *, at: datetime) -> dict[str, str]:
        """Return the headers of a signed message."""
        at = at.astimezone(UTC)
        signatures = (key.sign(message_id, at, body) for key in self._keys)
        return {ID: message_id, TIMESTAMP: str(int(at.timestamp())), SIGNATURE: " ".join(signatures)}

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> str:
        """Verify a message and return its id.

        `headers` have lower-case names. Raises BadSignature.
        """
        message_id, seconds = headers.get(ID), headers.get(TIMESTAMP, "")
        if not message_id or not _SECONDS.fullmatch(seconds):
            raise BadSignature
        sent_at = datetime.fromtimestamp(int(seconds), UTC)
        if abs(now - sent_at) > TOLERANCE:
            raise BadSignature
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise BadSignature from None
        # Signatures are compared as bytes, because the comparison raises TypeError for text
        # that is not ASCII.
        signatures = headers.get(SIGNATURE, "").split(" ", _MAX_SIGNATURES)[:_MAX_SIGNATURES]
        given = [signature.encode() for signature in signatures]
        expected = [key.sign(message_id, sent_at, text).encode() for key in self._keys]
        if not any(compare_digest(one, other) for one in expected for other in given):
            raise BadSignature
        return message_id


def parse_secrets(text: str) -> list[bytes]:
    """Return the secrets of a text like `whsec_NEW whsec_OLD`.

    Raises ValueError with a message that contains no secret.
    """
    secrets = [_parse(word) for word in text.split()]
    if not secrets:
        raise ValueError("at least one secret is needed")
    return secrets


def _parse(word: str) -> bytes:
    try:
        secret = b64decode(word.removeprefix(_PREFIX), validate=True)
    except NotBase64:
        secret = b""
    if not word.startswith(_PREFIX) or len(secret) not in _SECRET_BYTES:
        raise ValueError(f"a secret is {_PREFIX} and 24 to 64 bytes in Base64; separate two by a space")
    return secret
