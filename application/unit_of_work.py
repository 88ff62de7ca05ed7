"""All or nothing: what a use case does between opening a unit of work and committing it."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from application.audit.trail import AuditTrail
from application.catalog.ports import ProductRepository, StockRepository
from application.clients.ports import ClientRepository
from application.mail.ports import MailRequests
from application.orders.ports import FulfillmentRepository, OrderRepository
from application.payments.ports import PaymentRepository, ProviderEventRecords, RefundRepository
from application.sessions.ports import SessionRepository
from application.shared.idempotency import IdempotencyRecords
from application.throttling.ports import AttemptTallies
from application.users.ports import OneTimeTokens, PersonalData, SignUps, UserRepository
from application.webhooks.ports import WebhookRepository
from domain.shared.actor import Actor


class UnitOfWork(Protocol):
    """One transaction. What is not saved is not kept, and what is not committed is not kept either.

    The events that saved aggregates have recorded are written to the outbox in the same transaction, and so are entries of
    the audit log.
    """

    @property
    def audit(self) -> AuditTrail: ...

    @property
    def users(self) -> UserRepository: ...

    @property
    def one_time_tokens(self) -> OneTimeTokens: ...

    @property
    def sign_ups(self) -> SignUps: ...

    @property
    def personal_data(self) -> PersonalData: ...

    @property
    def mail(self) -> MailRequests: ...

    @property
    def sessions(self) -> SessionRepository: ...

    @property
    def clients(self) -> ClientRepository: ...

    @property
    def products(self) -> ProductRepository: ...

    @property
    def stocks(self) -> StockRepository: ...

    @property
    def orders(self) -> OrderRepository: ...

    @property
    def fulfillments(self) -> FulfillmentRepository: ...

    @property
    def payments(self) -> PaymentRepository: ...

    @property
    def refunds(self) -> RefundRepository: ...

    @property
    def provider_events(self) -> ProviderEventRecords: ...

    @property
    def attempts(self) -> AttemptTallies: ...

    @property
    def webhooks(self) -> WebhookRepository: ...

    @property
    def idempotency(self) -> IdempotencyRecords: ...

    async def commit(self) -> None:
        """Make everything durable. It is not interrupted by a caller who leaves.

        Raises DatabaseUnavailable when nobody knows whether it was done.
        """
        ...


class UnitOfWorkFactory(Protocol):
    """Opens units of work. Leaving one, on whatever path, gives its connection back and undoes what is uncommitted.

    `actor` performs the changes. Committing audit entries without an actor raises RuntimeError.
    Opening raises Overloaded when no connection comes free in time, and DatabaseUnavailable.
    """

    def __call__(self, actor: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]: ...
