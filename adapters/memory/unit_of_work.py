from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.memory.attempts import MemoryAttemptTallies
from adapters.memory.clients import MemoryClientRepository
from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.fulfillments import MemoryFulfillmentRepository
from adapters.memory.idempotency import MemoryIdempotencyRecords
from adapters.memory.mail_requests import MemoryMailRequests
from adapters.memory.one_time_tokens import MemoryOneTimeTokens
from adapters.memory.orders import MemoryOrderRepository
from adapters.memory.payments import MemoryPaymentRepository
from adapters.memory.personal_data import MemoryPersonalData
from adapters.memory.products import MemoryProductRepository
from adapters.memory.provider_events import MemoryProviderEventRecords
from adapters.memory.refunds import MemoryRefundRepository
from adapters.memory.sessions import MemorySessionRepository
from adapters.memory.sign_ups import MemorySignUps
from adapters.memory.stocks import MemoryStockRepository
from adapters.memory.transaction import Transaction
from adapters.memory.users import MemoryUserRepository
from adapters.memory.webhooks import MemoryWebhookRepository
from application.audit.trail import AuditTrail
from application.shared.ids import IdFactory
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.shared.actor import Actor


class MemoryUnitOfWork(UnitOfWork):
    def __init__(self, transaction: Transaction, ids: IdFactory, actor: Actor | None) -> None:
        self._transaction = transaction
        self._audit = AuditTrail(actor, ids)
        self._users = MemoryUserRepository(transaction)
        self._one_time_tokens = MemoryOneTimeTokens(transaction)
        self._sign_ups = MemorySignUps(transaction)
        self._personal_data = MemoryPersonalData(transaction)
        self._mail = MemoryMailRequests(transaction)
        self._sessions = MemorySessionRepository(transaction)
        self._clients = MemoryClientRepository(transaction)
        self._products = MemoryProductRepository(transaction)
        self._stocks = MemoryStockRepository(transaction, self._audit)
        self._orders = MemoryOrderRepository(transaction)
        self._fulfillments = MemoryFulfillmentRepository(transaction)
        self._payments = MemoryPaymentRepository(transaction)
        self._refunds = MemoryRefundRepository(transaction)
        self._provider_events = MemoryProviderEventRecords(transaction)
        self._attempts = MemoryAttemptTallies(transaction)
        self._webhooks = MemoryWebhookRepository(transaction)
        self._idempotency = MemoryIdempotencyRecords(transaction)

    @property
    def audit(self) -> AuditTrail:
        return self._audit

    @property
    def users(self) -> MemoryUserRepository:
        return self._users

    @property
    def one_time_tokens(self) -> MemoryOneTimeTokens:
        return self._one_time_tokens

    @property
    def sign_ups(self) -> MemorySignUps:
        return self._sign_ups

    @property
    def personal_data(self) -> MemoryPersonalData:
        return self._personal_data

    @property
    def mail(self) -> MemoryMailRequests:
        return self._mail

    @property
    def sessions(self) -> MemorySessionRepository:
        return self._sessions

    @property
    def clients(self) -> MemoryClientRepository:
        return self._clients

    @property
    def products(self) -> MemoryProductRepository:
        return self._products

    @property
    def stocks(self) -> MemoryStockRepository:
        return self._stocks

    @property
    def orders(self) -> MemoryOrderRepository:
        return self._orders

    @property
    def fulfillments(self) -> MemoryFulfillmentRepository:
        return self._fulfillments

    @property
    def payments(self) -> MemoryPaymentRepository:
        return self._payments

    @property
    def refunds(self) -> MemoryRefundRepository:
        return self._refunds

    @property
    def provider_events(self) -> MemoryProviderEventRecords:
        return self._provider_events

    @property
    def attempts(self) -> MemoryAttemptTallies:
        return self._attempts

    @property
    def webhooks(self) -> MemoryWebhookRepository:
        return self._webhooks

    @property
    def idempotency(self) -> MemoryIdempotencyRecords:
        return self._idempotency

    async def commit(self) -> None:
        try:
            await reach()
        finally:  # also for a caller who has left
            self._audit.follow_events(self._transaction.events)
            for entry in self._audit.take():
                self._transaction.tables.audit_log[entry.id] = entry
            self._transaction.commit()


class MemoryUnitOfWorkFactory(UnitOfWorkFactory):
    """Opens units of work that wait for a lock, or for a claimed key, for `patience` seconds each."""

    def __init__(self, database: MemoryDatabase, ids: IdFactory, *, patience: float = 2.0) -> None:
        self._database = database
        self._ids = ids
        self._patience = patience

    @asynccontextmanager
    async def __call__(self, actor: Actor | None = None) -> AsyncIterator[MemoryUnitOfWork]:
        transaction = Transaction(self._database, patience=self._patience)
        try:
            yield MemoryUnitOfWork(transaction, self._ids, actor)
        finally:
            transaction.roll_back()
