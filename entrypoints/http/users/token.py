"""Log-in, in the words of OAuth 2.0: requests and errors are those of RFC 6749, not of the rest of the API."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from fastapi.security import OAuth2PasswordRequestForm
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from application.users.log_in import InvalidGrant, LogIn, LogInCommand
from application.users.ports import AccessTokens
from domain.users.user import AccountDisabled
from entrypoints.container import Container
from entrypoints.http.descriptions import described_by
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.provided import provided
from entrypoints.http.rate_limits import LimitKeySets, LimitLogIns
from entrypoints.http.route import StrictRoute
from entrypoints.http.users.schemas import TokenErrorResponse, TokenResponse
from entrypoints.settings import Settings


def token_error(
    error: Literal["invalid_grant", "unsupported_grant_type", "invalid_request"], description: str
) -> JSONResponse:
    """Refuse in the form of RFC 6749, section 5.2."""
    return JSONResponse({"error": error, "error_description": description}, status_code=400)


class TokenRoute(StrictRoute):
    """A route whose malformed requests are answered as RFC 6749, section 5.2 has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_or_refuse(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                if any(item["loc"][-1] == "grant_type" for item in error.errors()):
                    return token_error("unsupported_grant_type", "The grant type is not one of this service.")
                return token_error("invalid_request", "Send username and password, each once, as a form.")

        return handle_or_refuse


token_router = APIRouter(tags=["users"], route_class=TokenRoute)
keys_router = APIRouter(tags=["users"], route_class=StrictRoute)


@token_router.post(
    "/token",
    operation_id="create_token",
    summary="Log in",
    description=described_by(LogIn),
    response_model=TokenResponse,
    responses={
        400: {"model": TokenErrorResponse, "description": "RFC 6749, section 5.2"},
        **problem_responses("overloaded"),
    },
    dependencies=[LimitLogIns],
)
async def create_token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    log_in: Annotated[LogIn, provided(Container.log_in)],
    settings: Annotated[Settings, provided(Container.settings)],
) -> JSONResponse | TokenResponse:
    if not settings.password_grant_enabled:
        return token_error("unsupported_grant_type", "Logging in with a password is switched off.")
    try:
        token = await log_in(LogInCommand(email=form.username, password=form.password))
    except (InvalidGrant, AccountDisabled) as refusal:
        return token_error("invalid_grant", refusal.detail)
    return TokenResponse(access_token=token.token, expires_in=token.expires_in, scope="")


@keys_router.get(
    "/.well-known/jwks.json",
    operation_id="get_jwks",
    summary="The keys with which access tokens are verified",
    description="A JSON Web Key Set (RFC 7517).",
    dependencies=[LimitKeySets],
)
async def get_jwks(
    tokens: Annotated[AccessTokens, provided(Container.access_tokens)],
) -> dict[str, list[dict[str, str]]]:
    return {"keys": [dict(key) for key in tokens.public_keys()["keys"]]}
