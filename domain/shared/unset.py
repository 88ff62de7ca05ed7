"""The difference between "leave it as it is" and "make it empty" (RFC 7396, JSON merge patch)."""

from enum import Enum
from typing import Final


class Unset(Enum):
    UNSET = "unset"


UNSET: Final = Unset.UNSET
