from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, one_of
from domain.users.one_time_token import TokenPurpose
from domain.users.permissions import Role
from domain.users.user import UserStatus


class UserRow(Row):
    """A user. `email` is normalized and unique per mailbox; mail is sent to `email_typed`."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email"),
        one_of("role", Role),
        one_of("status", UserStatus),
        CheckConstraint(
            "status = 'closed' OR (email IS NOT NULL AND password_hash IS NOT NULL)", name="open"
        ),
        Index(None, "created_at", "id"),
        Index(None, "role", "created_at", "id"),
        Index(None, "status", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    email_typed: Mapped[str | None]
    full_name: Mapped[str | None]
    role: Mapped[str]
    status: Mapped[str]
    email_verified: Mapped[bool]
    password_hash: Mapped[str | None]
    password_changed_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]


class SignUpRow(Row):
    """A sign-up with an unconfirmed address, and the attempts to send its message.

    `mail_due_at` is NULL after the message was sent.
    """

    __tablename__ = "sign_ups"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "email"), Index(None, "mail_due_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_typed: Mapped[str | None]
    full_name: Mapped[str | None]
    password_hash: Mapped[str]
    requested_at: Mapped[datetime]
    token_hash: Mapped[bytes | None]
    mail_due_at: Mapped[datetime | None]
    mail_attempts: Mapped[int] = mapped_column(server_default="0")
    mail_set_aside_at: Mapped[datetime | None]


class EmailChangeRow(Row):
    """A change of a user's e-mail address that is not confirmed yet.

    `session_id` is not a foreign key, because the session may have ended.
    """

    __tablename__ = "email_changes"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "requested_at"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey(UserRow.id), primary_key=True)
    session_id: Mapped[UUID]
    email: Mapped[str]
    email_typed: Mapped[str]
    requested_at: Mapped[datetime]
    token_hash: Mapped[bytes | None]


class OneTimeTokenRow(Row):
    """A token sent by mail. A user has at most one token per purpose."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (UniqueConstraint("token_hash"), one_of("purpose", TokenPurpose))

    user_id: Mapped[UUID] = mapped_column(ForeignKey(UserRow.id), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
