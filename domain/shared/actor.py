"""Actors: who performed an action, and in which request. Histories and ledgers record them."""

from dataclasses import dataclass

from domain.shared.ids import ClientId, UserId


@dataclass(frozen=True, slots=True)
class Actor:
    """The user or service client that performs an action. `id` is None for the shop itself.

    An id is unique among users and clients together, and is never deleted. `request_id` is the id of the
    request, the name of the command, or `worker`. If the client sent the id of the request in the header
    `X-Request-Id`, `request_id` begins with `client:`. Only `id` identifies the actor.
    """

    id: UserId | ClientId | None
    request_id: str
