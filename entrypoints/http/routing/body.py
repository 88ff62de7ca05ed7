"""Request bodies: size, media type and parsing."""

from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import Receive, Scope

from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing import strict_json

MAX_BODY_BYTES = 256 * 1024
"""The maximum size of a JSON body. No operation needs more.

An order of 100 lines takes about 12 KiB. The longest texts are a product's description and attributes. Together they
have about 10,000 characters. If a character is written as two escapes, it takes 12 bytes. No character takes more.
"""

MAX_FORM_BYTES = 16 * 1024
"""The maximum size of a form. The largest form contains a token of 8 KiB."""

MAX_FORM_FIELDS = 20
"""The maximum number of form fields.

Forms have at most five fields, but unknown fields are allowed (RFC 6749, section 3.2).
"""

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
"""The media type of a JSON merge patch (RFC 7396), for `Body(media_type=MERGE_PATCH)`.

Plain JSON is accepted as well.
"""


class StrictRequest(Request):
    """A request with a bounded body. A body that is read as JSON must be strict JSON.

    If the body is larger than `max_body_bytes`, reading it raises HTTPProblem `body_too_large`. The received bytes
    are counted, because Content-Length can be absent or wrong.
    """

    def __init__(self, scope: Scope, receive: Receive, max_body_bytes: int) -> None:
        super().__init__(scope, receive)
        self._max_body_bytes = max_body_bytes

    async def body(self) -> bytes:
        """Return the body.

        If the client disconnects or sends a malformed chunk, the server reports the same event. The service cannot
        distinguish the two cases, so it sends a response in both cases.

        Raises:
            HTTPProblem: `body_too_large`, or `malformed_request` for an incomplete body.
        """
        if not hasattr(self, "_body"):
            received = bytearray()
            is_whole = False
            while not is_whole:
                message = await self.receive()
                if message["type"] == "http.disconnect":
                    raise HTTPProblem("malformed_request", "The body breaks off, or has a malformed chunk.")
                received += message.get("body", b"")
                is_whole = not message.get("more_body", False)
                if len(received) > self._max_body_bytes:
                    raise HTTPProblem(
                        "body_too_large",
                        f"A body has at most {self._max_body_bytes} bytes here.",
                        params={"max_bytes": self._max_body_bytes},
                    )
            self._body = bytes(received)
        return self._body

    async def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the body as JSON. Raises HTTPProblem `malformed_json`."""
        if not hasattr(self, "_json"):
            self._json = strict_json.parse(await self.body())
        return self._json


def ensure_readable(request: Request, media_types: tuple[str, ...]) -> None:
    """Raise HTTPProblem `unsupported_media_type` for an unsupported type or an encoded body.

    `media_types` are the supported types.

    Parameters of the media type, such as a charset, are ignored. JSON is always read as UTF-8.

    If a request has a Content-Encoding, it is rejected (RFC 9110, section 15.5.16). The size of a compressed body is
    unknown before decompression.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise HTTPProblem(
            "unsupported_media_type",
            "Send the body without a Content-Encoding.",
            headers={"Accept-Encoding": "identity"},
        )
    declared = request.headers.get("content-type", "")
    if declared in media_types or declared.partition(";")[0].strip().lower() in media_types:
        return
    accepted = ", ".join(media_types)
    raise HTTPProblem(
        "unsupported_media_type",
        f"Send the body as {' or '.join(media_types)}.",
        headers={"Accept-Patch" if request.method == "PATCH" else "Accept": accepted},
    )


def ensure_readable_form(body: bytes) -> None:
    """Raise HTTPProblem `malformed_request` for a form that cannot be read.

    Such a form has too many fields, invalid UTF-8 or U+0000, which PostgreSQL cannot store. The JSON parser
    makes the same checks for JSON.
    """
    if body.count(b"&") >= MAX_FORM_FIELDS:
        raise HTTPProblem("malformed_request", f"A form has at most {MAX_FORM_FIELDS} fields here.")
    if not is_utf8(body):
        raise HTTPProblem("malformed_request", "A field of the form is not UTF-8.")
    if b"%00" in body or b"\0" in body:
        raise HTTPProblem("malformed_request", "A field of the form has the character U+0000.")


def is_utf8(encoded: bytes) -> bool:
    """Return whether URL-encoded text is valid UTF-8 after decoding."""
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False
    return True
