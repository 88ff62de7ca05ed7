from collections.abc import Sequence
from dataclasses import dataclass

from application.audit.entry import AuditAction, AuditEntry
from application.audit.trail import AuditTrail
from application.shared.ports import Clock, IdFactory
from application.shared.secrets import StoredSecrets
from domain.shared.actor import Actor

BATCH = 100


@dataclass(frozen=True, slots=True)
class EncryptSecrets:
    """Encrypt the stored secrets with the first key, in batches.

    If `in_clear` is true, the secrets in clear text are encrypted. If `in_clear` is false, the secrets that were
    encrypted with another key are encrypted again.

    Each batch gets an entry in the audit log. If a run is interrupted, another run encrypts the remaining secrets.
    """

    stored: StoredSecrets
    clock: Clock
    ids: IdFactory

    async def __call__(self, *, in_clear: bool, actor: Actor) -> int:
        """Encrypt the secrets, and return how many secrets this call has encrypted.

        Raises SecretNotReadable.
        """
        action = AuditAction.SECRETS_ENCRYPTED if in_clear else AuditAction.SECRETS_REENCRYPTED

        def entries_of(number: int, key_id: str) -> Sequence[AuditEntry]:
            trail = AuditTrail(actor, self.ids)
            trail.record(action, key_id, at=self.clock.now(), secrets=number)
            return trail.take()

        total = 0
        while encrypted := await self.stored.encrypt_batch(BATCH, in_clear=in_clear, entries_of=entries_of):
            total += encrypted
        return total
