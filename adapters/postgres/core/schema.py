"""Column types and naming conventions of all tables."""

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
"""The names of constraints. Each name states the rule of its constraint.

`constraints.py` maps some of the names to errors.
"""


class Row(DeclarativeBase):
    """The declarative class of all tables.

    JSON objects are stored as `json`, not as `jsonb`, because clients must get the members back unchanged and in the
    original sequence. No query searches the objects.
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {
        str: Text(),
        int: BigInteger(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        dict[str, str]: JSON(none_as_null=True),
    }


class JsonText(UserDefinedType[str]):
    """A `json` column for text that is already JSON. The text is not serialized again."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "JSON"


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Restrict a text column to a list of values.

    A migration can change such a list more easily than an enum.
    """
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def money(column: str) -> CheckConstraint:
    """Restrict minor units to integers that every JSON parser reads exactly.

    `domain.shared.money` has the same limit.
    """
    return CheckConstraint(f"{column} BETWEEN {-MAX_AMOUNT} AND {MAX_AMOUNT}", name=column)


def currency(column: str) -> CheckConstraint:
    """Restrict a text column to the format of ISO 4217 codes."""
    return CheckConstraint(f"{column} ~ '^[A-Z]{{3}}$'", name=column)
