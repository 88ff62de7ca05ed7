"""The response that an endpoint puts headers on while there is no body yet."""

from http import HTTPStatus

from starlette.responses import Response

_WITHOUT_CONTENT = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class MutableResponse(Response):
    """A response in the making. `filled`, it is the answer itself: nothing is copied to another one."""

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.background = None
        self.body = b""
        self.raw_headers = []

    def filled(self, content: bytes) -> "MutableResponse":
        """Put in JSON, or nothing, and say what and how much it is."""
        self.body = content
        if self.status_code not in _WITHOUT_CONTENT:
            self.raw_headers.append((b"content-length", b"%d" % len(content)))
        if content:
            self.raw_headers.append((b"content-type", b"application/json"))
        return self
