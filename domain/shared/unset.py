"""The marker for a field that a change leaves as it is.

None clears the field instead (RFC 7396, JSON merge patch).
"""

from enum import Enum
from typing import Final


class Unset(Enum):
    UNSET = "unset"


UNSET: Final = Unset.UNSET
