from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from secrets import token_bytes

from adapters.memory.core.database import MemoryDatabase, yield_control
from application.audit.entry import AuditEntry
from application.shared.secrets import Secrets
from application.signing.ports import SigningKey, SigningKeyStore


class MemorySigningKeys(SigningKeyStore):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def all(self) -> Sequence[SigningKey]:
        await yield_control()
        return sorted(self._database.signing_keys, key=lambda key: key.signs_from, reverse=True)

    async def add_first(self, key: SigningKey) -> None:
        await yield_control()
        if not self._database.signing_keys:
            self._database.signing_keys.append(key)

    async def rotate(
        self, key: SigningKey, *, former_until: datetime, now: datetime, entries: Sequence[AuditEntry]
    ) -> None:
        await yield_control()
        former = [
            replace(k, verifies_until=min(k.verifies_until or former_until, former_until))
            for k in self._database.signing_keys
        ]
        self._database.signing_keys = [
            k for k in former if k.verifies_until is None or k.verifies_until > now
        ] + [key]
        self._database.tables.audit_log.update({entry.id: entry for entry in entries})


class MemorySecrets(Secrets):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        await yield_control()
        return self._database.secrets.setdefault(name, token_bytes(nbytes))
