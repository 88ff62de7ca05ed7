"""Client authentication by HTTP Basic (RFC 7617; RFC 6749, section 2.3.1)."""

from base64 import b64decode
from binascii import Error as NotBase64
from urllib.parse import unquote_plus

from starlette.requests import Request

from application.clients.authenticate_client import ClientCredentials, InvalidClient
from entrypoints.http.security.authentication import actor_of

MAX_LENGTH = 1024
"""The maximum length of the encoded credentials.

An id and a secret together have 90 characters. A client may escape each character as three characters.
"""


def credentials_in(request: Request, *, network: str) -> ClientCredentials | None:
    """Return the client's credentials, or None if the header contains no secret.

    The docs page sends no secret. Raises InvalidClient for malformed credentials.
    """
    shown = [header.partition(" ") for header in request.headers.getlist("Authorization")]
    encoded = [text for scheme, _, text in shown if scheme.lower() == "basic"]
    if not encoded:
        return None
    if len(encoded) > 1 or len(encoded[0]) > MAX_LENGTH:
        raise InvalidClient
    try:
        text = b64decode(encoded[0].strip(), validate=True).decode()
        client_id, _, secret = (unquote_plus(part, errors="strict") for part in text.partition(":"))
    except (NotBase64, UnicodeError):
        raise InvalidClient from None
    if not secret:
        return None
    return ClientCredentials(
        client_id=client_id, secret=secret, network=network, actor=actor_of(request, None)
    )
