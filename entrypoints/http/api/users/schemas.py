"""Schemas of users. No response contains a password."""

from typing import Annotated, Literal, Self

from pydantic import MISSING, ConfigDict, Field, SecretStr, model_validator

from domain.shared.ids import UserId
from domain.shared.unset import UNSET, Unset
from domain.users.administering import AccountChanges
from domain.users.password import MAX_RAW_LENGTH
from domain.users.permissions import Role
from domain.users.user import FULL_NAME, UserStatus
from entrypoints.http.problems.validation import broken_rule
from entrypoints.http.representation.pagination import ListQuery
from entrypoints.http.representation.schemas import (
    Email,
    KnownEmail,
    RequestModel,
    ResponseModel,
    Timestamp,
    text,
    text_of,
)

Password = Annotated[SecretStr, Field(min_length=1, max_length=MAX_RAW_LENGTH)]
"""The bound on raw passwords. The use case checks the length after normalization; the minimum is a setting."""


FullName = Annotated[str, text_of(FULL_NAME), Field(examples=["Ann Example"])]


class CreateUserRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ann@example.com",
                    "password": "correct horse battery staple",
                    "password_confirm": "correct horse battery staple",
                    "full_name": "Ann Example",
                }
            ]
        }
    )

    email: Email
    password: Password
    password_confirm: Password
    full_name: FullName | None = None

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        _ensure_equal(self.password, self.password_confirm, field="password_confirm")
        return self


OneTimeTokenText = Annotated[
    str, text(min_length=1, max_length=200), Field(repr=False, description="From the message.")
]
"""Not a SecretStr, because fingerprints leave those out, and only this field distinguishes two requests."""


class VerifyEmailRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "from-the-message-kUcGLsXxAH3o5mDDxW_Q3Yb2BZQ"}]}
    )

    token: OneTimeTokenText


class ChangeEmailRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "ann.new@example.com", "current_password": "correct horse battery staple"}]
        }
    )

    email: Email
    current_password: Password


class RequestPasswordResetRequest(RequestModel):
    email: KnownEmail


class ResetPasswordRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": "from-the-message-kUcGLsXxAH3o5mDDxW_Q3Yb2BZQ",
                    "password": "a donkey and three paper clips",
                    "password_confirm": "a donkey and three paper clips",
                }
            ]
        }
    )

    token: OneTimeTokenText
    password: Password
    password_confirm: Password

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        _ensure_equal(self.password, self.password_confirm, field="password_confirm")
        return self


class MessageResponse(ResponseModel):
    """The user's next step. The text is the same for every address."""

    detail: str


class ChangePasswordRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "current_password": "correct horse battery staple",
                    "new_password": "a donkey and three paper clips",
                    "new_password_confirm": "a donkey and three paper clips",
                }
            ]
        }
    )

    current_password: Password
    new_password: Password
    new_password_confirm: Password

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        _ensure_equal(self.new_password, self.new_password_confirm, field="new_password_confirm")
        return self


class ChangeMeRequest(RequestModel):
    """A JSON merge patch (RFC 7396): missing fields keep their value, `null` removes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"full_name": "Ann Example"}]})

    full_name: FullName | MISSING | None = MISSING

    def new_full_name(self) -> str | Unset | None:
        return UNSET if self.full_name is MISSING else self.full_name


class ChangeUserRequest(RequestModel):
    """A JSON merge patch (RFC 7396): missing fields keep their value."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "staff"}, {"status": "disabled"}]})

    role: Role | MISSING = MISSING
    status: Literal["active", "disabled"] | MISSING = MISSING

    def changes(self) -> AccountChanges:
        return AccountChanges(
            role=UNSET if self.role is MISSING else self.role,
            status=UNSET if self.status is MISSING else UserStatus(self.status),
        )


class ListUsersQuery(ListQuery):
    email: KnownEmail | None = Field(None, description="A whole address, in any spelling.")
    role: Role | None = None
    status: UserStatus | None = None
    sort: Literal["created_at", "-created_at"] = Field("-created_at", description="`-` is descending.")


class UserResponse(ResponseModel):
    id: UserId
    email: Annotated[str | None, Field(description="Null once the account is closed.")]
    full_name: str | None
    role: Role
    status: UserStatus
    email_verified: bool
    created_at: Timestamp
    updated_at: Timestamp


def _ensure_equal(password: SecretStr, repeated: SecretStr, *, field: str) -> None:
    if password != repeated:
        raise broken_rule(field, code="password_mismatch", detail="The two passwords differ.")
