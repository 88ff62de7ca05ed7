"""What the sandbox does with which token: each stands for one course of a payment."""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Behavior:
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
    }
)
UNKNOWN_TOKEN = Behavior(failure="unknown_token")


def behavior_of(token: str | None) -> Behavior:
    """Return what a token stands for. None stands for success, so that a first try needs no token."""
    return Behavior() if token is None else TOKENS.get(token, UNKNOWN_TOKEN)
