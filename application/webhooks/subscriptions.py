"""The event types that an endpoint may subscribe to."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from application.events.event_types import EVENT_TYPES
from domain.shared.errors import Forbidden
from domain.users.permissions import Permission, may_read_event


def readable_event_types(requested: Sequence[str], *readers: AbstractSet[Permission]) -> Sequence[str]:
    """Return the event types of a subscription. Every reader may read events of these types.

    If `requested` is empty, there are two cases:

    - If every reader has the permission to read all events, the result is empty. An empty result stands for all
      types, including types of later releases.
    - Otherwise, the result contains all types that every reader may read.

    Raises Forbidden if a reader may not read a requested type, or if the readers have no type in common.
    """
    if not requested and all(Permission.READ_EVENTS in permissions for permissions in readers):
        return ()
    types = requested or [type_ for type_ in EVENT_TYPES if _may_read(readers, type_)]
    if not types or not all(_may_read(readers, type_) for type_ in types):
        raise Forbidden("An endpoint cannot subscribe to events that you or its owner may not read.")
    return types


def _may_read(readers: Sequence[AbstractSet[Permission]], event_type: str) -> bool:
    return all(may_read_event(permissions, event_type) for permissions in readers)
