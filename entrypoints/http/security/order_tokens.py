"""Order tokens, which permit guests to read their orders."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from domain.shared.ids import OrderId

ORDER_TOKEN_SECRET = "order-tokens"  # noqa: S105 - the name of a secret, not a secret
ORDER_TOKEN_SECRET_BYTES = 32
FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class OrderTokens:
    """A generator of order tokens.

    A token is the HMAC-SHA256 of the order's id and the token's version. Tokens are not stored. All processes
    share the secret.
    """

    secret: bytes = field(repr=False)

    def of(self, order_id: OrderId, version: int = FIRST_VERSION) -> str:
        """Return the token, which has 43 characters."""
        mac = hmac.digest(self.secret, f"{order_id}:{version}".encode(), "sha256")
        return urlsafe_b64encode(mac).rstrip(b"=").decode()

    def is_valid(self, token: str, order_id: OrderId, version: int) -> bool:
        """Return whether `token` is the order's token of this version.

        The comparison takes constant time.
        """
        return hmac.compare_digest(token.encode(), self.of(order_id, version).encode())
