"""Order numbers: what people call an order."""

from functools import lru_cache
from uuid import UUID

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without I, L, O and U, which are misread on the telephone (D. Crockford)."""


@lru_cache(maxsize=256)
def order_number(order_id: UUID) -> str:
    """Return twelve characters made of the last 60 random bits of the id, such as `7K3F-9QDM-2XWA`.

    A number does not reveal how many orders the shop has.
    """
    bits = order_id.int
    chars = "".join(_CROCKFORD[(bits >> shift) & 31] for shift in range(55, -1, -5))
    return f"{chars[:4]}-{chars[4:8]}-{chars[8:]}"
