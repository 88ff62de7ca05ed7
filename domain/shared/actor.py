"""Actors: who performed an action, and in which request. Histories and ledgers record them."""

from dataclasses import dataclass

from domain.shared.ids import ClientId, UserId


@dataclass(frozen=True, slots=True)
class Actor:
    """The user or service client that performs an action. `id` is None where the shop itself acts.

    Ids of users and clients are unique among both and never deleted.
    `request_id` is the id of the request, the name of the command, or `worker`. It begins with `client:` if the client
    chose it, in the header `X-Request-Id`. It never says who acted: `id` does.
    """

    id: UserId | ClientId | None
    request_id: str
