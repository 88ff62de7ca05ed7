"""Schemas of sessions and tokens."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from domain.shared.ids import SessionId
from entrypoints.http.representation.schemas import ResponseModel, Timestamp


class TokenResponse(ResponseModel):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: Annotated[Literal["bearer"], Field(description="How to send the access token (RFC 6750).")]
    expires_in: Annotated[int, Field(description="Seconds for which the access token is valid.")]
    refresh_token: Annotated[
        str | SkipJsonSchema[None],
        Field(description="Good for one exchange: the answer to it has the next one. Clients get none."),
    ] = None
    scope: Annotated[str, Field(description="What a client's token permits; empty for a user's.")]


class SessionResponse(ResponseModel):
    id: SessionId
    user_agent: Annotated[str | None, Field(description="How the client called itself when it logged in.")]
    current: Annotated[bool, Field(description="Whether this request's access token is of this session.")]
    created_at: Timestamp
    last_used_at: Annotated[Timestamp, Field(description="The last log-in or refresh.")]
    expires_at: Annotated[Timestamp, Field(description="When it ends unless it is refreshed before.")]


class MetadataResponse(ResponseModel):
    """RFC 8414, section 2."""

    issuer: str
    token_endpoint: str
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint: str
    revocation_endpoint_auth_methods_supported: list[str]
    jwks_uri: str
    grant_types_supported: list[str]
    scopes_supported: list[str]
    response_types_supported: list[str]
    service_documentation: str
