"""Ids that sort by time of creation."""

from uuid import UUID

from uuid_utils.compat import uuid7

from application.shared.ids import IdFactory


class UuidV7Factory(IdFactory):
    """Creates UUIDv7 (RFC 9562, section 5.7) that ascend within one process, also within a millisecond."""

    def new(self) -> UUID:
        return uuid7()
