from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Text

from adapters.postgres.core.unnest import UnnestedRows

ROWS = UnnestedRows(
    "given",
    [Column("id", BigInteger), Column("note", Text), Column("paid", BigInteger)],
    repeated={"paid"},
)


@pytest.mark.parametrize(
    ("rows", "notes", "paid"),
    [
        ([], [], []),
        ([(1, None, 0)], [], [0]),
        ([(1, None, 0), (2, None, 0)], [], [0]),
        ([(1, None, None), (2, None, None)], [], []),
        ([(1, None, 0), (2, "b", 5)], [None, "b"], [0, 5]),
        ([(1, "b", 5), (2, "b", None)], ["b", "b"], [5, None]),
        ([(1, "", 5), (2, None, 0), (3, None, 5)], ["", None, None], [5, 0, 5]),
    ],
)
def test_column_of_equal_values_or_nulls_is_sent_as_a_shorter_array(
    rows: list[tuple[Any, ...]], notes: list[Any], paid: list[Any]
) -> None:
    parameters = ROWS.parameters(dict(zip(("id", "note", "paid"), row, strict=True)) for row in rows)
    assert parameters == {"given__id": [row[0] for row in rows], "given__note": notes, "given__paid": paid}
