from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, one_of
from application.mail.request import MailKind


class MailRequestRow(Row):
    """A request for a message that is not sent yet.

    The text is composed when the message is sent.
    """

    __tablename__ = "mail_requests"
    __table_args__ = (one_of("kind", [MailKind.SIGN_UP, MailKind.PASSWORD_RESET]), Index(None, "due_at"))

    kind: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    set_aside_at: Mapped[datetime | None]


class MailNoticeRow(Row):
    """A notice that is not sent yet.

    `subject_id` is the id of the object that the notice is about.

    A release sends only the kinds of notices that it knows.
    """

    __tablename__ = "mail_notices"
    __table_args__ = (Index(None, "due_at"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    set_aside_at: Mapped[datetime | None]
