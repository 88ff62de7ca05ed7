"""Views of users. No view contains a password or its hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from application.shared.idempotency import PersonalResult
from domain.shared.ids import UserId
from domain.users.permissions import Role
from domain.users.user import User, UserStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView(PersonalResult):
    id: UserId
    email: str | None
    full_name: str | None
    role: Role
    status: UserStatus
    email_verified: bool
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def subject(self) -> UserId:
        return self.id

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            id=user.id,
            email=None if user.email is None else user.email.normalized,
            full_name=user.full_name,
            role=user.role,
            status=user.status,
            email_verified=user.email_verified,
            created_at=user.created_at,
            updated_at=user.updated_at,
            version=user.version,
        )
