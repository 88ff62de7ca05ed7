"""What all tables have in common: how Python's types are stored, and how constraints are named."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType

from domain.shared.money import MAX_AMOUNT

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
"""Every constraint has a name that says what it guards: `constraints.py` makes errors of some of them."""


class Row(DeclarativeBase):
    """A row of a table.

    Objects are kept as `json`, not `jsonb`: what a client has sent comes back as it was sent, in the same order,
    and nothing searches inside.
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {
        str: Text(),
        int: BigInteger(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        dict[str, str]: JSON(none_as_null=True),
        dict[str, str | None]: JSON(none_as_null=True),
    }


class JsonText(UserDefinedType[str]):
    """A `json` column for text that is JSON already, so that it is not written a second time."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "JSON"


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Restrict a text column to a list: unlike PostgreSQL's enums, the list is changed by an ordinary migration."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def money(column: str) -> CheckConstraint:
    """Restrict minor units to what every JSON reader keeps exactly, as `domain.shared.money` does."""
    return CheckConstraint(f"{column} BETWEEN {-MAX_AMOUNT} AND {MAX_AMOUNT}", name=column)


def currency(column: str) -> CheckConstraint:
    """Restrict a text column to what looks like a code of ISO 4217."""
    return CheckConstraint(f"{column} ~ '^[A-Z]{{3}}$'", name=column)
