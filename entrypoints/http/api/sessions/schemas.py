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
    expires_in: Annotated[int, Field(description="Seconds until the access token expires.")]
    refresh_token: Annotated[
        str | SkipJsonSchema[None],
        Field(
            description="Valid for one exchange, whose response has the next one. Service clients get none."
        ),
    ] = None
    scope: Annotated[
        str, Field(description="The scopes of a service client's token; empty for a user's token.")
    ]


class SessionResponse(ResponseModel):
    """A login on one device."""

    id: SessionId = Field(description="The id of the session.")
    user_agent: Annotated[
        str | None, Field(description="The User-Agent of the log-in; null if there was none.")
    ]
    current: Annotated[
        bool, Field(description="Whether the access token of this request belongs to the session.")
    ]
    created_at: Timestamp = Field(description="The time of the log-in.")
    last_used_at: Annotated[Timestamp, Field(description="The time of the last log-in or refresh.")]
    expires_at: Annotated[
        Timestamp, Field(description="The time at which the session ends unless it is refreshed before.")
    ]


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
