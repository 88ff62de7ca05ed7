"""Discovery for OAuth clients and verifiers: server metadata and the key set."""

from typing import Annotated

from application.shared.ports import Clock
from application.signing.ports import AccessTokens
from domain.users.permissions import Scope
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.sessions.schemas import MetadataResponse
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.rate_limits import LimitKeySets
from entrypoints.settings import Settings

router = StrictRouter(prefix="/.well-known", tags=["sessions"])


@router.get(
    "/jwks.json",
    operation_id="get_jwks",
    summary="The keys with which access tokens are verified",
    description="A JSON Web Key Set (RFC 7517).",
    response_description="The public keys. Keys stay in the set until no token that they signed is valid.",
    dependencies=[LimitKeySets],
)
async def get_jwks(
    tokens: Annotated[AccessTokens, from_container(GRAPH.signing.access_tokens)],
    clock: Annotated[Clock, from_container(GRAPH.clock)],
) -> dict[str, list[dict[str, str]]]:
    return {"keys": [dict(key) for key in tokens.public_keys(now=clock.now())["keys"]]}


@router.get(
    "/oauth-authorization-server",
    operation_id="get_authorization_server",
    summary="Where to get tokens, and how",
    description="The metadata of RFC 8414. Its addresses begin with the issuer, which is a setting.",
    response_description="The metadata.",
    dependencies=[LimitKeySets],
)
async def get_authorization_server(
    settings: Annotated[Settings, from_container(GRAPH.settings)],
) -> MetadataResponse:
    issuer = settings.token_issuer
    # RFC 7591, section 2 defines these names. "none" stands for callers that have no secret.
    methods = ["none", "client_secret_basic"]
    if settings.client_secret_post_enabled:
        methods.append("client_secret_post")
    grants = ["password"] if settings.password_grant_enabled else []
    return MetadataResponse(
        issuer=issuer,
        token_endpoint=f"{issuer}/token",
        token_endpoint_auth_methods_supported=methods,
        revocation_endpoint=f"{issuer}/oauth/revoke",
        revocation_endpoint_auth_methods_supported=["none"],
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        grant_types_supported=[*grants, "refresh_token", "client_credentials"],
        scopes_supported=[scope.value for scope in Scope],
        response_types_supported=[],
        service_documentation=f"{issuer}/docs",
    )
