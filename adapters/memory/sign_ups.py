from datetime import datetime

from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.transaction import Transaction
from application.users.ports import SignUps
from domain.shared.ids import SignUpId
from domain.users.pending_sign_up import PendingSignUp


class MemorySignUps(SignUps):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, sign_up: PendingSignUp) -> None:
        await self._transaction.lock([_row(sign_up.id)])
        await reach()
        self._transaction.tables.sign_ups[sign_up.id] = sign_up

    async def get(self, sign_up_id: SignUpId) -> PendingSignUp | None:
        await reach()
        return self._transaction.tables.sign_ups.get(sign_up_id)

    async def find(self, token_hash: bytes) -> PendingSignUp | None:
        await reach()
        sign_ups = self._transaction.tables.sign_ups.values()
        return next((sign_up for sign_up in sign_ups if sign_up.token_hash == token_hash), None)

    async def save(self, sign_up: PendingSignUp) -> None:
        await self._transaction.lock([_row(sign_up.id)])
        await reach()
        if sign_up.id in self._transaction.tables.sign_ups:
            self._transaction.tables.sign_ups[sign_up.id] = sign_up

    async def claim(self, sign_up: PendingSignUp) -> bool:
        rivals = [
            other.id for other in self._transaction.tables.sign_ups.values() if other.email == sign_up.email
        ]
        await self._transaction.lock(map(_row, rivals))
        await reach()
        is_there = sign_up.id in self._transaction.tables.sign_ups
        for rival in rivals:
            self._remove(rival)
        return is_there

    async def prune(self, *, requested_until: datetime) -> None:
        sign_ups = list(self._transaction.tables.sign_ups.values())
        for sign_up in sign_ups:
            if sign_up.requested_at <= requested_until:
                await self._transaction.lock([_row(sign_up.id)])
                self._remove(sign_up.id)
        await reach()

    def _remove(self, sign_up_id: SignUpId) -> None:
        tables = self._transaction.tables
        tables.sign_ups.pop(sign_up_id, None)
        for key in [key for key in tables.mail if key[2] == sign_up_id]:
            del tables.mail[key]


def _row(sign_up_id: SignUpId) -> Row:
    return "sign_ups", sign_up_id.hex
