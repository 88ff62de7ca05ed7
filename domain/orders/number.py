"""Order numbers: short identifiers of orders for people."""

from functools import lru_cache
from uuid import UUID

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The base-32 alphabet without I, L, O and U, which are easily misread (D. Crockford)."""

_PAIRS = [one + other for one in _CROCKFORD for other in _CROCKFORD]
"""The two characters of each ten-bit number.

Encoding ten bits in one step is more than twice as fast as encoding five bits in each of two steps.
"""


@lru_cache(maxsize=256)
def order_number(order_id: UUID) -> str:
    """Return the order number that belongs to an id, such as `7K3F-9QDM-2XWA`.

    The twelve characters of the number encode the last 60 bits of the id, which are random. A number therefore does
    not reveal how many orders the shop has.
    """
    bits = order_id.int
    first, second, third = bits >> 40, bits >> 20, bits
    return f"{_group(first)}-{_group(second)}-{_group(third)}"


def _group(bits: int) -> str:
    """Return the four characters that encode the last 20 bits of `bits`."""
    return _PAIRS[bits >> 10 & 1023] + _PAIRS[bits & 1023]
