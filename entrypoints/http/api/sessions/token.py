"""The OAuth 2.0 endpoints: log in, refresh and revoke."""

from typing import Annotated

from fastapi import Form, Request, Response

from application.clients.authenticate_client import AuthenticateClient, ClientCredentials
from application.clients.issue_token import ClientToken, IssueToken
from application.sessions.log_in import LogIn, LogInCommand
from application.sessions.refresh_session import RefreshSession
from application.sessions.revoke_token import RevokeToken
from application.sessions.tokens import SessionTokens
from entrypoints.bootstrap.root import GRAPH
from entrypoints.email_addresses import sought_email_address
from entrypoints.from_container import from_container
from entrypoints.http.api.sessions.basic import credentials_in
from entrypoints.http.api.sessions.forms import (
    ClientCredentialsForm,
    PasswordForm,
    RefreshForm,
    RevocationForm,
    TokenForm,
)
from entrypoints.http.api.sessions.oauth import OAuthError, OAuthRoute, SentOnce, client_refusal
from entrypoints.http.api.sessions.schemas import TokenResponse
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import actor_of
from entrypoints.http.security.client_network import Network
from entrypoints.http.security.rate_limits import LimitLogOuts, LimitTokens
from entrypoints.setting_names import variable_of
from entrypoints.settings import Settings

MAX_USER_AGENT = 200

router = StrictRouter(tags=["sessions"], route_class=OAuthRoute)


@router.post(
    "/token",
    operation_id="create_token",
    summary="Log in, or stay logged in",
    description=(
        f"**With `grant_type=password`:** {described_by(LogIn)}\n\n"
        f"**With `grant_type=refresh_token`:** {described_by(RefreshSession)}\n\n"
        f"**With `grant_type=client_credentials`:** {described_by(IssueToken)}"
    ),
    response_description="An access token, and for a user a refresh token.",
    responses={
        **problem_responses("too_many_attempts", "overloaded", "database_unavailable"),
        **client_refusal(),
    },
    response_model_exclude_none=True,
    dependencies=[LimitTokens],
)
async def create_token(
    _: SentOnce,
    form: Annotated[TokenForm, Form()],
    request: Request,
    response: Response,
    network: Network,
    settings: Annotated[Settings, from_container(GRAPH.settings)],
    log_in: Annotated[LogIn, from_container(GRAPH.sessions.log_in)],
    refresh_session: Annotated[RefreshSession, from_container(GRAPH.sessions.refresh_session)],
    authenticate_client: Annotated[AuthenticateClient, from_container(GRAPH.clients.authenticate_client)],
    issue_token: Annotated[IssueToken, from_container(GRAPH.clients.issue_token)],
) -> TokenResponse:
    response.headers["Pragma"] = "no-cache"
    credentials = credentials_in(request, network=network)
    if credentials is not None and not isinstance(form, ClientCredentialsForm):
        await authenticate_client(credentials)
        raise OAuthError("unauthorized_client", "A client with a secret logs in for itself, and for no user.")
    match form:
        case ClientCredentialsForm():
            if credentials is None or form.client_secret:
                credentials = _credentials_of(form, request, network, credentials, settings)
            return _shown_to_client(await issue_token(credentials, scope=form.scope))
        case PasswordForm():
            if not settings.password_grant_enabled:
                raise OAuthError("unsupported_grant_type", "Logging in with a password is switched off.")
            command = LogInCommand(
                email=sought_email_address(form.username),
                password=form.password.get_secret_value(),
                network=network,
                actor=actor_of(request, None),
                user_agent=_user_agent(request),
            )
            return _shown(await log_in(command))
        case RefreshForm():
            return _shown(
                await refresh_session(form.refresh_token.get_secret_value(), actor=actor_of(request, None))
            )


@router.post(
    "/oauth/revoke",
    operation_id="revoke_token",
    summary="Log out",
    description=described_by(RevokeToken),
    response_description="The token is not valid any more, or never was.",
    responses=problem_responses("overloaded", "database_unavailable"),
    dependencies=[LimitLogOuts],
)
async def revoke_token(
    _: SentOnce,
    form: Annotated[RevocationForm, Form()],
    request: Request,
    revoke_token: Annotated[RevokeToken, from_container(GRAPH.sessions.revoke_token)],
) -> None:
    await revoke_token(form.token.get_secret_value(), actor=actor_of(request, None))


def _credentials_of(
    form: ClientCredentialsForm,
    request: Request,
    network: str,
    shown: ClientCredentials | None,
    settings: Settings,
) -> ClientCredentials:
    """Return the credentials from the form (RFC 6749, section 2.3.1). Raises OAuthError.

    If the settings forbid credentials in the form, the error is raised before the secret is verified. The error is
    therefore the same for a correct secret and for a wrong secret.
    """
    if shown is not None:
        raise OAuthError("invalid_request", "Authenticate the client by one method (RFC 6749, section 2.3).")
    if not form.client_secret:
        raise OAuthError("invalid_client", "Show the client's id and its secret by HTTP Basic.")
    if not settings.client_secret_post_enabled:
        setting = variable_of("client_secret_post_enabled")
        raise OAuthError(
            "invalid_client",
            "Show the client's id and its secret by HTTP Basic. This service accepts a secret in the form only if its"
            f" operator sets {setting}=true.",
        )
    secret = form.client_secret.get_secret_value()
    return ClientCredentials(
        client_id=form.client_id, secret=secret, network=network, actor=actor_of(request, None)
    )


def _shown(tokens: SessionTokens) -> TokenResponse:
    return TokenResponse(
        access_token=tokens.access.token,
        token_type="bearer",  # noqa: S106 - the kind of token, not a token
        expires_in=tokens.access.expires_in,
        refresh_token=tokens.refresh.text,
        scope="",
    )


def _shown_to_client(token: ClientToken) -> TokenResponse:
    return TokenResponse(
        access_token=token.access.token,
        token_type="bearer",  # noqa: S106 - the kind of token, not a token
        expires_in=token.access.expires_in,
        scope=" ".join(token.scopes),
    )


def _user_agent(request: Request) -> str | None:
    """Return the printable characters of the User-Agent."""
    name = request.headers.get("User-Agent", "")[:MAX_USER_AGENT]
    return "".join(filter(str.isprintable, name)) or None
