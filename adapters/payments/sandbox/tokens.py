"""What the sandbox does with which token: each stands for one course of a payment."""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`failure` is why nothing is captured; `charges` how many charges are made for one payment.

    `is_late`: it is decided when the order has expired. `is_lost`: it is done, but neither the answer nor any message
    reaches the shop, which has to ask. `action` is how long the customer takes to authenticate the payment.
    `authorization` is how long an authorization lasts. `disputed_after` is when the customer disputes the charge.
    """

    failure: str | None = None
    charges: int = 1
    is_late: bool = False
    is_lost: bool = False
    action: timedelta | None = None
    authorization: timedelta = timedelta(days=7)
    disputed_after: timedelta | None = None


ACTION = timedelta(seconds=10)
NEVER = timedelta(days=36_500)

TOKENS = MappingProxyType(
    {
        "tok_ok": Behaviour(),
        "tok_declined": Behaviour(failure="card_declined"),
        "tok_late": Behaviour(is_late=True),
        "tok_timeout": Behaviour(is_lost=True),
        "tok_twice": Behaviour(charges=2),
        "tok_3ds_ok": Behaviour(action=ACTION),
        "tok_3ds_failed": Behaviour(action=ACTION, failure="authentication_failed"),
        "tok_3ds_abandoned": Behaviour(action=NEVER),
        "tok_disputed": Behaviour(disputed_after=timedelta(minutes=1)),
        "tok_auth_expired": Behaviour(authorization=timedelta(minutes=1)),
    }
)
UNKNOWN_TOKEN = Behaviour(failure="unknown_token")


def behaviour_of(token: str | None) -> Behaviour:
    """Return what a token stands for. None stands for success, so that a first try needs no token."""
    return Behaviour() if token is None else TOKENS.get(token, UNKNOWN_TOKEN)
