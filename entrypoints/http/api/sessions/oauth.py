"""Errors of OAuth 2.0 (RFC 6749, 5.2), which OAuth routes return instead of problems."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.shared.errors import DomainError
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.representation.response_headers import declared
from entrypoints.http.representation.schemas import ResponseModel
from entrypoints.http.routing.strict_route import StrictRoute

OAuthCode = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "unsupported_token_type",
]

_BAD_REQUEST = 400
_UNAUTHORIZED = 401
_CHALLENGE = 'Basic realm="steelyard", charset="UTF-8"'
_OF_DOMAIN_ERRORS: dict[str, OAuthCode] = {
    "invalid_grant": "invalid_grant",
    "account_disabled": "invalid_grant",
    "invalid_client": "invalid_client",
    "invalid_scope": "invalid_scope",
    "unsupported_token_type": "unsupported_token_type",
}
_UNKNOWN_GRANT = "union_tag_invalid"
"""Pydantic's error type for an unknown `grant_type`."""


class OAuthErrorResponse(ResponseModel):
    """An error of OAuth (RFC 6749, section 5.2; RFC 7009, section 2.2.1)."""

    error: OAuthCode = Field(description="The code of RFC 6749.")
    error_description: str = Field(description="The cause, for developers.")


class OAuthError(Exception):
    """An OAuth error that an entrypoint raises."""

    def __init__(self, code: OAuthCode, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class OAuthRoute(StrictRoute):
    """A route whose 400 and 401 responses follow RFC 6749.

    The errors can come from the route, from the use case or from the form.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - the arguments of APIRoute
        refusal = {
            "model": OAuthErrorResponse,
            "description": "An error of RFC 6749, section 5.2",
            "headers": declared("RateLimit", "RateLimit-Policy", "X-Request-Id"),
        }
        options["responses"] = {**(options.get("responses") or {}), _BAD_REQUEST: refusal}
        super().__init__(path, endpoint, **options)
        self.responses = {
            status: response
            for status, response in self.responses.items()
            if status not in {_BAD_REQUEST, 422}
        } | {_BAD_REQUEST: refusal}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_or_refuse(request: Request) -> Response:
            try:
                return await handle(request)
            except (OAuthError, DomainError, RequestValidationError, HTTPProblem, HTTPException) as error:
                refusal = _refusal(error)
                if refusal is None:
                    raise
                request.state.problem = refusal.code
                return _answer(refusal)

        return handle_or_refuse


def client_refusal() -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the response to an unknown client.

    The response has a challenge, which RFC 6749, section 5.2 requires.
    """
    return {
        _UNAUTHORIZED: {
            "model": OAuthErrorResponse,
            "description": "An error of RFC 6749, section 5.2",
            "headers": declared("WWW-Authenticate"),
        }
    }


def _answer(refusal: OAuthError) -> JSONResponse:
    is_of_client = refusal.code == "invalid_client"
    return JSONResponse(
        {"error": refusal.code, "error_description": refusal.description},
        status_code=_UNAUTHORIZED if is_of_client else _BAD_REQUEST,
        headers={"Pragma": "no-cache", **({"WWW-Authenticate": _CHALLENGE} if is_of_client else {})},
    )


async def ensure_sent_once(request: Request) -> None:
    """Reject a form with a repeated parameter (RFC 6749, section 3.2)."""
    names = [name for name, _ in (await request.form()).multi_items()]
    if len(names) != len(set(names)):
        raise OAuthError("invalid_request", "Send each parameter once.")


SentOnce = Annotated[None, Depends(ensure_sent_once)]


def _refusal(error: Exception) -> OAuthError | None:
    match error:
        case OAuthError():
            return error
        case DomainError() if error.code in _OF_DOMAIN_ERRORS:
            return OAuthError(_OF_DOMAIN_ERRORS[error.code], error.detail)
        case RequestValidationError():
            return _refusal_of_form(error)
        case HTTPProblem() if error.type.status == _BAD_REQUEST:
            return OAuthError("invalid_request", error.detail or error.type.title)
        case HTTPException() if error.status_code == _BAD_REQUEST:
            return OAuthError("invalid_request", "The form cannot be read.")
        case _:
            return None


def _refusal_of_form(error: RequestValidationError) -> OAuthError:
    if any(item["type"] == _UNKNOWN_GRANT for item in error.errors()):
        return OAuthError("unsupported_grant_type", "The grant type is not one of this service.")
    missing = sorted({str(item["loc"][-1]) for item in error.errors() if item["type"] == "missing"})
    described = f"Missing: {', '.join(missing)}." if missing else "A parameter is not acceptable."
    return OAuthError("invalid_request", described)
