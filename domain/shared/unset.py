"""UNSET: the value of a field that a change does not contain. The field keeps its stored value.

If a change contains None for a field, the stored value is removed (RFC 7396, JSON merge patch).
"""

from enum import Enum
from typing import Final


class Unset(Enum):
    UNSET = "unset"


UNSET: Final = Unset.UNSET
