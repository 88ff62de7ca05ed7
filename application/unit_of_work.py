"""The unit of work: a transaction of a use case."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from application.audit.trail import AuditTrail
from application.catalog.ports import ProductRepository, StockRepository
from application.clients.ports import ClientRepository
from application.mail.ports import MailRequests
from application.orders.ports import FulfillmentRepository, OrderRepository, ReturnRepository
from application.payments.ports import PaymentRepository, ProviderEventRecords, RefundRepository
from application.sessions.ports import SessionRepository
from application.shared.idempotency import IdempotencyRecords
from application.throttling.ports import AttemptTallies
from application.users.ports import EmailChanges, OneTimeTokens, PersonalData, SignUps, UserRepository
from application.webhooks.ports import WebhookRepository
from domain.shared.actor import Actor


@dataclass(kw_only=True, eq=False)
class Repositories:
    """The repositories of a transaction."""

    audit: AuditTrail
    users: UserRepository
    one_time_tokens: OneTimeTokens
    sign_ups: SignUps
    email_changes: EmailChanges
    personal_data: PersonalData
    mail: MailRequests
    sessions: SessionRepository
    clients: ClientRepository
    products: ProductRepository
    stocks: StockRepository
    orders: OrderRepository
    fulfillments: FulfillmentRepository
    returns: ReturnRepository
    payments: PaymentRepository
    refunds: RefundRepository
    provider_events: ProviderEventRecords
    attempts: AttemptTallies
    webhooks: WebhookRepository
    idempotency: IdempotencyRecords
    traces: dict[UUID, str] = field(default_factory=dict)
    """Trace contexts by aggregate id. Aggregates without an entry get the trace context of the commit."""


class UnitOfWork(Repositories, ABC):
    """One database transaction. To store a change, save the changed object, and then commit.

    The transaction also writes the events of saved aggregates to the outbox, and the audit entries to the audit log.
    """

    @abstractmethod
    async def flush(self) -> None:
        """Write the recorded events and audit entries now, so that the commit takes less time."""

    @abstractmethod
    async def commit(self) -> None:
        """Commit. If the caller is canceled, the commit is completed nevertheless.

        Raises DatabaseUnavailable if it is unknown whether the transaction was committed.
        """


class UnitOfWorkFactory(Protocol):
    """Opens units of work.

    At the end of a unit of work, uncommitted changes are rolled back, and the connection is returned.

    `actor` is the actor that performs the changes. If there is no actor, committing audit entries raises
    RuntimeError.

    Opening a unit of work raises DatabaseUnavailable. If no connection becomes available in time, Overloaded is
    raised.
    """

    def __call__(self, actor: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]: ...
