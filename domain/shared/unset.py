"""The marker for a field that a change does not contain.

In contrast, None clears the field (RFC 7396, JSON merge patch).
"""

from enum import Enum
from typing import Final


class Unset(Enum):
    UNSET = "unset"


UNSET: Final = Unset.UNSET
