"""Sandbox tokens. Each token selects the behavior of a payment."""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

AUTHORIZATION = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Behavior:
    """The behavior of a payment.

    - `is_late`: the payment is decided after the order has expired.
    - `is_lost`: the payment succeeds, but the shop gets no response and no message. To learn the result, the shop has
      to query the payment.
    - `action`: the duration of the customer's authentication.
    - `authorization`: the lifetime of an authorization.
    - `is_renewable`: the shop can renew the authorization.
    - `disputed_after`: the time between the payment and the customer's dispute.
    """

    failure: str | None = None
    charges: int = 1
    is_late: bool = False
    is_lost: bool = False
    action: timedelta | None = None
    authorization: timedelta = AUTHORIZATION
    is_renewable: bool = False
    disputed_after: timedelta | None = None


ACTION = timedelta(seconds=10)
NEVER = timedelta(days=36_500)

TOKENS = MappingProxyType(
    {
        "tok_ok": Behavior(),
        "tok_declined": Behavior(failure="card_declined"),
        "tok_late": Behavior(is_late=True),
        "tok_timeout": Behavior(is_lost=True),
        "tok_twice": Behavior(charges=2),
        "tok_3ds_ok": Behavior(action=ACTION),
        "tok_3ds_failed": Behavior(action=ACTION, failure="authentication_failed"),
        "tok_3ds_abandoned": Behavior(action=NEVER),
        "tok_disputed": Behavior(disputed_after=timedelta(minutes=1)),
        "tok_auth_expired": Behavior(authorization=timedelta(minutes=1)),
        "tok_auth_renewable": Behavior(authorization=timedelta(minutes=1), is_renewable=True),
    }
)
UNKNOWN_TOKEN = Behavior(failure="unknown_token")


def behavior_of(token: str | None) -> Behavior:
    """Return the behavior that a token selects.

    None selects a successful payment, so that a first test needs no token.
    """
    return Behavior() if token is None else TOKENS.get(token, UNKNOWN_TOKEN)
