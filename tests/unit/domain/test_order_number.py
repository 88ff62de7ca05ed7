import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.orders.number import order_number

LAST_60_BITS = 2**60 - 1


def test_order_number_encodes_the_last_60_bits_of_the_id() -> None:
    assert order_number(UUID(int=0)) == "0000-0000-0000"
    assert order_number(UUID(int=LAST_60_BITS)) == "ZZZZ-ZZZZ-ZZZZ"
    assert order_number(UUID(int=1 << 55 | 31)) == "1000-0000-000Z"


@given(st.uuids())
def test_order_number_has_no_ambiguous_letters(order_id: UUID) -> None:
    assert re.fullmatch("(?:[0-9A-HJKMNP-TV-Z]{4}-?){3}", order_number(order_id))


@given(st.uuids(), st.uuids())
def test_order_numbers_differ_if_the_last_60_bits_of_the_ids_differ(one: UUID, other: UUID) -> None:
    same = one.int & LAST_60_BITS == other.int & LAST_60_BITS
    assert (order_number(one) == order_number(other)) == same


@given(st.uuids(), st.integers(0, 2**68 - 1))
def test_order_number_does_not_contain_the_timestamp_of_the_order_id(
    order_id: UUID, time_and_version: int
) -> None:
    at_another_time = UUID(int=time_and_version << 60 | order_id.int & LAST_60_BITS)
    assert order_number(at_another_time) == order_number(order_id)
