"""The forms of RFC 6749. Every field has a maximum length.

Unknown parameters are ignored (section 3.2).
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, SecretStr, Tag

from entrypoints.http.representation.schemas import MAX_EMAIL

_DEFAULT_GRANT = "password"

MAX_PASSWORD = 4096
"""The maximum length of a password in the form.

A longer password makes the form invalid. A shorter password that is longer than `MAX_RAW_LENGTH` counts as a wrong
password.
"""
MAX_TOKEN = 8192
"""The maximum length of a token.

Longer tokens are never verified: see `adapters/security/tokens.py`.
"""
MAX_SCOPE = 1000
MAX_CLIENT_ID = 64
MAX_CLIENT_SECRET = 256
MAX_HINT = 100


class _Form(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class PasswordForm(_Form):
    """The form of a log-in (RFC 6749, section 4.3.2).

    The docs page sends the same form, possibly without `grant_type`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            # RFC 6749, section 4.3.2 requires this field. The service also accepts forms without this field, as in
            # all former releases.
            "required": ["grant_type", "username", "password"],
        }
    )

    grant_type: Annotated[Literal["password"], Field(description="Log in as a user.")] = "password"
    username: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_EMAIL,
            description="The user's e-mail address.",
            examples=["maria.anders@example.com"],
        ),
    ]
    password: Annotated[SecretStr, Field(min_length=1, max_length=MAX_PASSWORD)] = Field(
        description="The user's password."
    )
    scope: Annotated[str, Field(max_length=MAX_SCOPE)] = Field(
        "", description="Ignored: a user's token permits what the role permits."
    )


class RefreshForm(_Form):
    """The form of a refresh (RFC 6749, section 6)."""

    grant_type: Annotated[Literal["refresh_token"], Field(description="Stay logged in.")]
    refresh_token: Annotated[SecretStr, Field(min_length=1, max_length=MAX_TOKEN)] = Field(
        description="The refresh token of the last response."
    )


class ClientCredentialsForm(_Form):
    """The form of a service client (RFC 6749, section 4.4.2).

    The client authenticates by HTTP Basic (section 2.3.1). A setting also permits the client's id and secret
    in the form, for programs that cannot send HTTP Basic.
    """

    grant_type: Annotated[Literal["client_credentials"], Field(description="Log in as a service client.")]
    scope: Annotated[
        str,
        Field(
            max_length=MAX_SCOPE,
            description="Scopes, separated by spaces. Without this, the token has all scopes of the client.",
            examples=["orders:read"],
        ),
    ] = ""
    client_id: Annotated[
        str,
        Field(
            max_length=MAX_CLIENT_ID,
            description="Accepted only if the server metadata list `client_secret_post`. Otherwise use HTTP Basic.",
        ),
    ] = ""
    client_secret: Annotated[
        SecretStr,
        Field(
            max_length=MAX_CLIENT_SECRET,
            description="Accepted only if the server metadata list `client_secret_post`. Otherwise use HTTP Basic.",
        ),
    ] = SecretStr("")


class RevocationForm(_Form):
    """The form of a revocation (RFC 7009, section 2.1)."""

    token: Annotated[
        SecretStr,
        Field(min_length=1, max_length=MAX_TOKEN, description="The refresh token or access token to revoke."),
    ]
    token_type_hint: str = Field("", max_length=MAX_HINT, description="Accepted and ignored.")


def _grant_of(form: object) -> object:
    return (form.get("grant_type") if isinstance(form, dict) else None) or _DEFAULT_GRANT


TokenForm: TypeAlias = Annotated[
    Annotated[PasswordForm, Tag("password")]
    | Annotated[RefreshForm, Tag("refresh_token")]
    | Annotated[ClientCredentialsForm, Tag("client_credentials")],
    Discriminator(_grant_of),
    Field(
        json_schema_extra={
            "discriminator": {
                "propertyName": "grant_type",
                "mapping": {
                    "password": "#/components/schemas/PasswordForm",
                    "refresh_token": "#/components/schemas/RefreshForm",
                    "client_credentials": "#/components/schemas/ClientCredentialsForm",
                },
            }
        }
    ),
]
