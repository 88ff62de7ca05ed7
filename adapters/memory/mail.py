from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from adapters.memory.core.copying import copied
from adapters.memory.core.database import Row, yield_control
from adapters.memory.core.transaction import Transaction
from application.mail.ports import MailRequests
from application.mail.request import MailKind, MailRequest
from domain.users.email_address import EmailAddress


class MemoryMailRequests(MailRequests):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, request: MailRequest) -> None:
        await self._transaction.lock([_row(request)])
        await yield_control()
        waiting = self._transaction.tables.mail.get(_key(request))
        if waiting is None or waiting.set_aside_at is not None:
            self._transaction.tables.mail[_key(request)] = copied(request)

    async def next_due(self, now: datetime) -> MailRequest | None:
        await yield_control()
        requests = [
            request
            for request in self._transaction.tables.mail.values()
            if request.due_at <= now and request.set_aside_at is None
        ]
        for request in sorted(requests, key=lambda request: (request.attempts, request.due_at)):
            if await self._transaction.try_lock(_row(request)):
                return copied(request)
        return None

    async def save(self, request: MailRequest) -> None:
        await yield_control()
        self._transaction.ensure_locked(_row(request))
        self._transaction.tables.mail[_key(request)] = copied(request)

    async def remove(self, request: MailRequest) -> None:
        if await self._unattempted_since(request):
            del self._transaction.tables.mail[_key(request)]

    async def set_aside(self, request: MailRequest, *, at: datetime) -> None:
        if await self._unattempted_since(request):
            self._transaction.tables.mail[_key(request)] = replace(request, set_aside_at=at)

    async def list_set_aside(self, *, limit: int) -> Sequence[MailRequest]:
        await yield_control()
        failed = [
            (request.set_aside_at, copied(request))
            for request in self._transaction.tables.mail.values()
            if request.set_aside_at is not None
        ]
        failed.sort(key=lambda pair: pair[0], reverse=True)
        return [request for _, request in failed[:limit]]

    async def prune_set_aside(self, *, until: datetime) -> None:
        for key, request in list(self._transaction.tables.mail.items()):
            if request.set_aside_at is not None and request.set_aside_at <= until:
                await self._transaction.lock([_row(request)])
                self._transaction.tables.mail.pop(key, None)
        await yield_control()

    async def _unattempted_since(self, request: MailRequest) -> bool:
        await self._transaction.lock([_row(request)])
        await yield_control()
        stored = self._transaction.tables.mail.get(_key(request))
        return stored is not None and stored.attempts == request.attempts


def _key(request: MailRequest) -> tuple[MailKind, EmailAddress, UUID | None]:
    return request.kind, request.address, request.sign_up_id or request.subject_id


def _row(request: MailRequest) -> Row:
    return "mail", request.kind, request.address.normalized, str(request.sign_up_id or request.subject_id)
