"""A response whose JSON was serialized by the endpoint."""

from starlette.responses import JSONResponse


class SerializedJSONResponse(JSONResponse):
    """For `response_class=`: the endpoint returns JSON as bytes, and declares its model under `responses=`.

    Validating a view that the application has made takes longer than serializing it.
    """

    def render(self, content: bytes | str) -> bytes:
        """Return the content as bytes. FastAPI's own handler passes it as text."""
        return content.encode() if isinstance(content, str) else content
