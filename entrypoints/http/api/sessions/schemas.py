"""Schemas of sessions and tokens."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from domain.shared.ids import SessionId
from entrypoints.http.representation.schemas import ResponseModel, Timestamp


class TokenResponse(ResponseModel):
    """Tokens (RFC 6749, section 5.1)."""

    access_token: str = Field(description="Send it with each request as `Authorization: Bearer TOKEN`.")
    token_type: Annotated[Literal["bearer"], Field(description="How to send the access token (RFC 6750).")]
    expires_in: Annotated[int, Field(description="Seconds for which the access token is valid.")]
    refresh_token: Annotated[
        str | SkipJsonSchema[None],
        Field(description="Good for one exchange: the answer to it has the next one. Clients get none."),
    ] = None
    scope: Annotated[str, Field(description="What a client's token permits; empty for a user's.")]


class SessionResponse(ResponseModel):
    """A login on one device."""

    id: SessionId = Field(description="The id of the session.")
    user_agent: Annotated[str | None, Field(description="How the client called itself when it logged in.")]
    current: Annotated[bool, Field(description="Whether this request's access token is of this session.")]
    created_at: Timestamp = Field(description="The time of the log-in.")
    last_used_at: Annotated[Timestamp, Field(description="The last log-in or refresh.")]
    expires_at: Annotated[Timestamp, Field(description="When it ends unless it is refreshed before.")]


class MetadataResponse(ResponseModel):
    """Metadata of the authorization server (RFC 8414, section 2)."""

    issuer: str = Field(description="The issuer of access tokens: the value of their claim `iss`.")
    token_endpoint: str = Field(description="Where to get tokens.")
    token_endpoint_auth_methods_supported: list[str] = Field(
        description="How clients can authenticate there: `none` for users, the others for service clients."
    )
    revocation_endpoint: str = Field(description="Where to revoke tokens.")
    revocation_endpoint_auth_methods_supported: list[str] = Field(
        description="How clients can authenticate there."
    )
    jwks_uri: str = Field(description="The address of the keys that verify access tokens.")
    grant_types_supported: list[str] = Field(
        description="The values of `grant_type` that this service accepts."
    )
    scopes_supported: list[str] = Field(description="The scopes that a service client can have.")
    response_types_supported: list[str] = Field(description="Empty: there is no authorization endpoint.")
    service_documentation: str = Field(description="The address of the documentation for people.")
