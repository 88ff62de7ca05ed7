"""Schemas of users. No response contains a password."""

from typing import Annotated, Literal, Self

from pydantic import MISSING, Field, SecretStr, model_validator

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
"""The maximum length of a raw password.

The use case checks the length after normalization; the minimum is a setting.
"""


FullName = Annotated[str, text_of(FULL_NAME), Field(examples=["Maria Anders"])]


class CreateUserRequest(RequestModel):
    """A new account of a customer."""

    email: Email = Field(description="The address to log in with. Upper and lower case make no difference.")
    password: Password = Field(description="The password. It must not be a known leaked one.")
    password_confirm: Password = Field(description="The password again.")
    full_name: FullName | None = Field(None, description="The user's name.")

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        _ensure_equal(self.password, self.password_confirm, field="password_confirm")
        return self


OneTimeTokenText = Annotated[
    str,
    text(min_length=1, max_length=200),
    Field(repr=False, description="The token from the message that was sent to the address."),
]
"""The one-time token from a mailed message. `repr=False` marks the token as a secret."""


class VerifyEmailRequest(RequestModel):
    """The proof that mail to an address arrives."""

    token: OneTimeTokenText


class ChangeEmailRequest(RequestModel):
    """A new e-mail address, with the password as proof."""

    email: Email = Field(description="The new address. It has to be confirmed by a token that is sent to it.")
    current_password: Password = Field(description="The present password.")


class RequestPasswordResetRequest(RequestModel):
    """The address of an account whose password is forgotten."""

    email: KnownEmail = Field(description="The address of the account.")


class ResetPasswordRequest(RequestModel):
    """A new password, with a mailed token as proof."""

    token: OneTimeTokenText
    password: Password = Field(description="The new password. It must not be a known leaked one.")
    password_confirm: Password = Field(description="The new password again.")

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        _ensure_equal(self.password, self.password_confirm, field="password_confirm")
        return self


class MessageResponse(ResponseModel):
    """The user's next step. The text does not reveal whether the e-mail address has an account."""

    detail: str = Field(description="The next step, for people.")


class ChangePasswordRequest(RequestModel):
    """A new password, with the current password as proof."""

    current_password: Password = Field(description="The present password.")
    new_password: Password = Field(description="The new password. It must not be a known leaked one.")
    new_password_confirm: Password = Field(description="The new password again.")

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        _ensure_equal(self.new_password, self.new_password_confirm, field="new_password_confirm")
        return self


class ChangeMeRequest(RequestModel):
    """A JSON merge patch (RFC 7396). Missing fields keep their value; `null` clears a field."""

    full_name: FullName | MISSING | None = Field(MISSING, description="The user's name. `null` removes it.")

    def new_full_name(self) -> str | Unset | None:
        return UNSET if self.full_name is MISSING else self.full_name


class ChangeUserRequest(RequestModel):
    """A JSON merge patch (RFC 7396). Missing fields keep their value."""

    role: Role | MISSING = Field(
        MISSING,
        description="The new role. The change ends no session: it applies to the user's next request.",
    )
    status: Literal["active", "disabled"] | MISSING = Field(
        MISSING, description="`disabled` blocks the account, and `active` unblocks it."
    )

    def changes(self) -> AccountChanges:
        return AccountChanges(
            role=UNSET if self.role is MISSING else self.role,
            status=UNSET if self.status is MISSING else UserStatus(self.status),
        )


class ListUsersQuery(ListQuery):
    email: KnownEmail | None = Field(None, description="Only the account with this e-mail address.")
    role: Role | None = Field(None, description="Only users with this role.")
    status: UserStatus | None = Field(None, description="Only accounts with this status.")
    sort: Literal["created_at", "-created_at"] = Field(
        "-created_at", description="The order of the list; `-` means descending."
    )


class UserResponse(ResponseModel):
    """An account."""

    id: UserId = Field(description="The id of the user.")
    email: Annotated[
        str | None, Field(description="The address to log in with; null once the account is closed.")
    ]
    full_name: str | None = Field(
        description="The user's name; null if it is unknown or the account is closed."
    )
    role: Role = Field(description="Customer, staff or admin. The role determines the user's permissions.")
    status: UserStatus = Field(description="Only `active` accounts can log in.")
    email_verified: bool = Field(description="Whether the user has proven to receive mail at the address.")
    created_at: Timestamp = Field(description="The time of the sign-up.")
    updated_at: Timestamp = Field(description="The time of the last change.")


def _ensure_equal(password: SecretStr, repeated: SecretStr, *, field: str) -> None:
    if password != repeated:
        raise broken_rule(field, code="password_mismatch", detail="The two passwords differ.")
