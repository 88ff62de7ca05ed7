"""The forms of RFC 6749. Parameters that are not known are ignored (section 3.2)."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, SecretStr, Tag

_DEFAULT_GRANT = "password"


class _Form(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class PasswordForm(_Form):
    """RFC 6749, section 4.3.2. It is also the form of the docs page, which may leave `grant_type` out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "password",
                    "username": "ann@example.com",
                    "password": "correct horse battery staple",
                }
            ]
        }
    )

    grant_type: Literal["password"] = "password"
    username: Annotated[
        str, Field(min_length=1, description="The e-mail address.", examples=["ann@example.com"])
    ]
    password: Annotated[SecretStr, Field(min_length=1)]
    scope: str = ""


class RefreshForm(_Form):
    """RFC 6749, section 6."""

    grant_type: Literal["refresh_token"]
    refresh_token: Annotated[SecretStr, Field(min_length=1)]


class ClientCredentialsForm(_Form):
    """RFC 6749, section 4.4.2. The client shows its id and its secret by HTTP Basic (section 2.3.1)."""

    grant_type: Literal["client_credentials"]
    scope: Annotated[
        str,
        Field(
            description="Scopes with spaces between them. Without any, the token has all that the client is allowed.",
            examples=["orders:read"],
        ),
    ] = ""


class RevocationForm(_Form):
    """RFC 7009, section 2.1."""

    token: Annotated[SecretStr, Field(min_length=1, description="A refresh token or an access token.")]
    token_type_hint: str = Field("", description="It is not needed, and not looked at.")


def _grant_of(form: object) -> object:
    return (form.get("grant_type") if isinstance(form, dict) else None) or _DEFAULT_GRANT


TokenForm: TypeAlias = Annotated[
    Annotated[PasswordForm, Tag("password")]
    | Annotated[RefreshForm, Tag("refresh_token")]
    | Annotated[ClientCredentialsForm, Tag("client_credentials")],
    Discriminator(_grant_of),
]
