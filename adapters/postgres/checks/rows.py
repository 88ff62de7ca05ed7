from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row


class InvariantTallyRow(Row):
    """The number of violations of an invariant at its last check."""

    __tablename__ = "invariant_tallies"
    __table_args__ = (CheckConstraint("offenders >= 0", name="offenders"),)

    invariant: Mapped[str] = mapped_column(primary_key=True)
    offenders: Mapped[int]
    checked_at: Mapped[datetime]


class RetentionMarkRow(Row):
    """A timestamp for one kind of record. Records that are older than this timestamp may have been pruned.

    No newer record has been pruned.
    """

    __tablename__ = "retention_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    pruned_until: Mapped[datetime]
