"""What the sandbox does with which token: each stands for a way in which a payment can go in life."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`failure` is why nothing is taken; `charges` how often money is taken for one payment.

    `is_late`: it is decided when the order has expired. `is_lost`: it is done, but neither the answer nor any message
    reaches the shop, which has to ask.
    """

    failure: str | None = None
    charges: int = 1
    is_late: bool = False
    is_lost: bool = False


TOKENS = MappingProxyType(
    {
        "tok_ok": Behaviour(),
        "tok_declined": Behaviour(failure="card_declined"),
        "tok_late": Behaviour(is_late=True),
        "tok_timeout": Behaviour(is_lost=True),
        "tok_twice": Behaviour(charges=2),
    }
)
UNKNOWN_TOKEN = Behaviour(failure="unknown_token")


def behaviour_of(token: str | None) -> Behaviour:
    """Return what a token asks for. None asks for success: who only tries the shop out need not know of tokens."""
    return Behaviour() if token is None else TOKENS.get(token, UNKNOWN_TOKEN)
