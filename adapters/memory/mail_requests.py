from datetime import datetime

from adapters.memory.copying import copied
from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.transaction import Transaction
from application.mail.ports import MailRequests
from application.mail.request import MailKind, MailRequest
from domain.shared.ids import SignUpId
from domain.users.user import EmailAddress


class MemoryMailRequests(MailRequests):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, request: MailRequest) -> None:
        await self._transaction.lock([_row(request)])
        await reach()
        self._transaction.tables.mail.setdefault(_key(request), copied(request))

    async def next_due(self, now: datetime) -> MailRequest | None:
        await reach()
        requests = [request for request in self._transaction.tables.mail.values() if request.due_at <= now]
        for request in sorted(requests, key=lambda request: request.due_at):
            if await self._transaction.try_lock(_row(request)):
                return copied(request)
        return None

    async def save(self, request: MailRequest) -> None:
        await reach()
        self._transaction.ensure_locked(_row(request))
        self._transaction.tables.mail[_key(request)] = copied(request)

    async def remove(self, request: MailRequest) -> None:
        await self._transaction.lock([_row(request)])
        await reach()
        kept = self._transaction.tables.mail.get(_key(request))
        if kept is not None and kept.attempts == request.attempts:
            del self._transaction.tables.mail[_key(request)]


def _key(request: MailRequest) -> tuple[MailKind, EmailAddress, SignUpId | None]:
    return request.kind, request.address, request.sign_up_id


def _row(request: MailRequest) -> Row:
    return "mail", request.kind, request.address, str(request.sign_up_id)
