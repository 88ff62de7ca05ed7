"""The name that people call an order by."""

from functools import lru_cache
from uuid import UUID

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without I, L, O and U, which are misread on the telephone (D. Crockford)."""


@lru_cache(maxsize=256)
def order_number(order_id: UUID) -> str:
    """Return twelve characters of the id's 60 last random bits, as `7K3F-9QDM-2XWA`.

    They tell nobody how many orders the shop has taken.
    """
    bits = order_id.int
    chars = "".join(_CROCKFORD[(bits >> shift) & 31] for shift in range(55, -1, -5))
    return f"{chars[:4]}-{chars[4:8]}-{chars[8:]}"
