"""Who acts, and through which request: written beside every change, so that histories and ledgers can say so."""

from dataclasses import dataclass

from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class Actor:
    """The user on whose behalf something is done, or nobody (`user_id` is None) where the shop itself acts.

    `request_id` is the `X-Request-Id` of the request, or the name of the command or worker.
    """

    user_id: UserId | None
    request_id: str
