"""Order numbers: short identifiers of orders for people."""

from functools import lru_cache
from uuid import UUID

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The base-32 alphabet without I, L, O and U, which are easily misread (D. Crockford)."""


@lru_cache(maxsize=256)
def order_number(order_id: UUID) -> str:
    """Return the order number that belongs to an id, such as `7K3F-9QDM-2XWA`.

    Its twelve characters encode the last 60 random bits of the id, so that a number does not reveal how many
    orders the shop has.
    """
    bits = order_id.int
    chars = "".join(_CROCKFORD[(bits >> shift) & 31] for shift in range(55, -1, -5))
    return f"{chars[:4]}-{chars[4:8]}-{chars[8:]}"
