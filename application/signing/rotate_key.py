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

    The new key is published immediately and signs a minute later, when every process and verifier knows the key. The
    former key verifies until its last token has expired, and is deleted by a later rotation.
    """

    keys: SigningKeyStore
    make_key: SigningKeyFactory
    clock: Clock
    ids: IdFactory
    token_lifetime: timedelta

    async def __call__(self, *, actor: Actor, distrust_former: bool = False) -> SigningKey:
        """Return the new signing key.

        If a key has leaked, use `distrust_former`: the new key signs immediately, and no former key verifies
        any more. Clients then have to refresh their access tokens.
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
