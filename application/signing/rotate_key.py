from dataclasses import dataclass
from datetime import timedelta

from application.audit.entry import AuditAction
from application.audit.trail import AuditTrail
from application.shared.ports import Clock, IdFactory
from application.signing.ports import SigningKey, SigningKeyFactory, SigningKeyStore
from domain.shared.actor import Actor

NOTICE = timedelta(seconds=60)
"""The duration for which a signing key is published before it signs.

Every process reloads the keys several times during this time.
"""

MAX_SKEW = timedelta(seconds=30)
"""The maximum difference between the clocks of two processes."""


@dataclass(frozen=True, slots=True)
class RotateKey:
    """Rotate the signing key without ending sessions.

    The new key is published immediately. A minute later, every process and verifier knows the new key. Then the new
    key begins to sign tokens. The former key verifies tokens until its last token has expired. A later rotation
    deletes the former key.
    """

    keys: SigningKeyStore
    make_key: SigningKeyFactory
    clock: Clock
    ids: IdFactory
    token_lifetime: timedelta

    async def __call__(self, *, actor: Actor, distrust_former: bool = False) -> SigningKey:
        """Return the new signing key.

        If a key has leaked, use `distrust_former`. The new key then signs immediately, and tokens of all former
        keys become invalid. Clients must refresh their access tokens.
        """
        now = self.clock.now()
        key = self.make_key(now if distrust_former else now + NOTICE)
        last_token = key.signs_from + MAX_SKEW + self.token_lifetime + MAX_SKEW
        trail = AuditTrail(actor, self.ids)
        trail.record(
            AuditAction.SIGNING_KEY_ROTATED,
            key.kid,
            at=now,
            former="distrusted" if distrust_former else "trusted",
        )
        await self.keys.rotate(
            key, former_until=now if distrust_former else last_token, now=now, entries=trail.take()
        )
        return key
