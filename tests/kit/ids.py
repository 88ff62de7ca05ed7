from itertools import count
from uuid import UUID

from application.shared.ports import IdFactory

_FIRST = UUID("019b8d2c-8e00-7000-8000-000000000000")


class SequentialIds(IdFactory):
    """Creates ascending UUIDv7s. Every run gets the same ids."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> UUID:
        return UUID(int=_FIRST.int + next(self._numbers))
