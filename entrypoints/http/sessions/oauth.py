"""Refusals in the words of OAuth 2.0 (RFC 6749, section 5.2), where the rest of the API speaks in problems."""

from collections.abc import Callable, Coroutine
from typing import Any, Literal

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.shared.errors import DomainError
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.route import StrictRoute
from entrypoints.http.schemas import ResponseModel

OAuthCode = Literal["invalid_request", "invalid_grant", "unsupported_grant_type"]

_BAD_REQUEST = 400
_OF_DOMAIN_ERRORS: dict[str, OAuthCode] = {
    "invalid_grant": "invalid_grant",
    "account_disabled": "invalid_grant",
}
_UNKNOWN_GRANT = "union_tag_invalid"
"""Pydantic's word for a value of `grant_type` that no form has."""


class OAuthErrorResponse(ResponseModel):
    """RFC 6749, section 5.2."""

    error: OAuthCode
    error_description: str


class OAuthError(Exception):
    """A refusal by an entrypoint."""

    def __init__(self, code: OAuthCode, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class OAuthRoute(StrictRoute):
    """A route whose 400 is that of RFC 6749, whoever refuses: the route, the use case, or the form's own rules."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - those of APIRoute
        refusal = {"model": OAuthErrorResponse, "description": "RFC 6749, section 5.2"}
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
                return JSONResponse(
                    {"error": refusal.code, "error_description": refusal.description},
                    status_code=_BAD_REQUEST,
                    headers={"Pragma": "no-cache"},
                )

        return handle_or_refuse


async def ensure_sent_once(request: Request) -> None:
    """Refuse a form that has a parameter more than once (RFC 6749, section 3.2)."""
    names = [name for name, _ in (await request.form()).multi_items()]
    if len(names) != len(set(names)):
        raise OAuthError("invalid_request", "Send each parameter once.")


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
