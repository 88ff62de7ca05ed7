from dataclasses import dataclass

from application.shared.secrets import StoredSecrets

BATCH = 100


@dataclass(frozen=True, slots=True)
class EncryptSecrets:
    """Encrypt the stored secrets with the first key, in batches. An interrupted run can be repeated.

    Either those that are stored in clear, or those that are encrypted with another key.
    """

    stored: StoredSecrets

    async def __call__(self, *, in_clear: bool) -> int:
        """Return how many secrets were encrypted. Raises SecretNotReadable."""
        total = 0
        while encrypted := await self.stored.encrypt_batch(BATCH, in_clear=in_clear):
            total += encrypted
        return total
