"""What requests and responses about users look like. No response has a password."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, SecretStr, model_validator

from domain.shared.ids import UserId
from domain.users.password import MAX_LENGTH
from domain.users.permissions import Role
from domain.users.user import UserStatus
from entrypoints.http.problems.validation import broken_rule
from entrypoints.http.schemas import Email, RequestModel, ResponseModel, Timestamp, text

Password = Annotated[SecretStr, Field(min_length=1, max_length=MAX_LENGTH)]
"""How long a password has to be is a rule of the shop, which a setting can change: the use case checks it."""


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
    full_name: Annotated[str, text(max_length=200, min_length=1)] | None = None

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        if self.password != self.password_confirm:
            raise broken_rule(
                "password_confirm", code="password_mismatch", detail="The two passwords differ."
            )
        return self


class UserResponse(ResponseModel):
    id: UserId
    email: str
    full_name: str | None
    role: Role
    status: UserStatus
    email_verified: bool
    created_at: Timestamp
    updated_at: Timestamp
