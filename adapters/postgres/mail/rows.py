from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, one_of
from application.mail.request import MailKind


class MailRequestRow(Row):
    """A request for a message, until it is sent. The text is composed when it is sent."""

    __tablename__ = "mail_requests"
    __table_args__ = (one_of("kind", [MailKind.SIGN_UP, MailKind.PASSWORD_RESET]), Index(None, "due_at"))

    kind: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    set_aside_at: Mapped[datetime | None]


class MailNoticeRow(Row):
    """Mail about an object, until it is sent. A release sends the kinds that it knows, and leaves others alone."""

    __tablename__ = "mail_notices"
    __table_args__ = (Index(None, "due_at"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    set_aside_at: Mapped[datetime | None]
