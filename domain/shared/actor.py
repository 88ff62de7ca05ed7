"""Who acts, and through which request: written beside every change, so that histories and ledgers can say so."""

from dataclasses import dataclass

from domain.shared.ids import ClientId, UserId


@dataclass(frozen=True, slots=True)
class Actor:
    """The user or the service client who does something, or nobody (`id` is None) where the shop itself acts.

    Users and clients have their ids from one source and are never deleted: an id leads to one of them, for ever.
    `request_id` is the id of the request, the name of the command, or `worker`. It begins with `client:` if the client
    chose it, in the header `X-Request-Id`. It never says who acted: `id` does.
    """

    id: UserId | ClientId | None
    request_id: str
