"""A response whose JSON was serialized by the endpoint."""

from starlette.responses import JSONResponse


class SerializedJSONResponse(JSONResponse):
    """A response whose content is JSON that the endpoint has serialized.

    Set this class as `response_class=` of the route. The endpoint returns the JSON as bytes, and the route declares
    the model in `responses=`.

    FastAPI then does not validate the response. The validation would take longer than the serialization.
    """

    def render(self, content: bytes | str) -> bytes:
        """Return the content as bytes. FastAPI's own handler passes it as text."""
        return content.encode() if isinstance(content, str) else content
