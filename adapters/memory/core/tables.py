"""The tables: one mapping per kind of record, keyed by a unique value of the record."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from adapters.memory.core.copying import copied
from adapters.memory.core.overlay import Overlay
from application.audit.entry import AuditEntry
from application.mail.request import MailKind, MailRequest
from application.payments.provider_ports import ProviderEvent
from application.shared.idempotency import Scope, StoredResult
from domain.catalog.product import Product
from domain.catalog.stock import Movement, Stock
from domain.clients.client import ServiceClient
from domain.orders.fulfillment import Fulfillment
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn
from domain.orders.order_state import OrderKey, StatusChange
from domain.payments.payment import Payment, PaymentMethod
from domain.payments.refund import Refund
from domain.sessions.session import Session
from domain.shared.ids import (
    AuditEntryId,
    ClientId,
    DeliveryId,
    EndpointId,
    FulfillmentId,
    OrderId,
    PaymentId,
    ProductId,
    RefundId,
    ReturnId,
    SessionId,
    SignUpId,
    UserId,
)
from domain.users.attempts import AttemptTally
from domain.users.email_address import EmailAddress
from domain.users.email_change import EmailChange
from domain.users.one_time_token import OneTimeToken, TokenPurpose
from domain.users.pending_sign_up import PendingSignUp
from domain.users.user import User
from domain.webhooks.delivery import Delivery
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of each table, in one mapping per table.

    The key of a movement contains the version of the stock after the movement. The key of a status change contains
    the version of the order after the change.
    """

    users: MutableMapping[UserId, User] = field(default_factory=dict)
    user_ids: MutableMapping[EmailAddress, UserId] = field(default_factory=dict)
    one_time_tokens: MutableMapping[tuple[UserId, TokenPurpose], OneTimeToken] = field(default_factory=dict)
    sign_ups: MutableMapping[SignUpId, PendingSignUp] = field(default_factory=dict)
    email_changes: MutableMapping[UserId, EmailChange] = field(default_factory=dict)
    mail: MutableMapping[tuple[MailKind, EmailAddress, UUID | None], MailRequest] = field(
        default_factory=dict
    )
    sessions: MutableMapping[SessionId, Session] = field(default_factory=dict)
    clients: MutableMapping[ClientId, ServiceClient] = field(default_factory=dict)
    products: MutableMapping[ProductId, Product] = field(default_factory=dict)
    product_ids: MutableMapping[str, ProductId] = field(default_factory=dict)
    stocks: MutableMapping[ProductId, Stock] = field(default_factory=dict)
    movements: MutableMapping[tuple[ProductId, int], Movement] = field(default_factory=dict)
    orders: MutableMapping[OrderId, Order] = field(default_factory=dict)
    claimed_by: MutableMapping[OrderId, UserId] = field(default_factory=dict)
    order_token_versions: MutableMapping[OrderId, int] = field(default_factory=dict)
    order_ids: MutableMapping[OrderKey, OrderId] = field(default_factory=dict)
    order_fingerprints: MutableMapping[OrderId, bytes] = field(default_factory=dict)
    changes: MutableMapping[tuple[OrderId, int], StatusChange] = field(default_factory=dict)
    returns: MutableMapping[ReturnId, OrderReturn] = field(default_factory=dict)
    fulfillments: MutableMapping[FulfillmentId, Fulfillment] = field(default_factory=dict)
    payments: MutableMapping[PaymentId, Payment] = field(default_factory=dict)
    refunds: MutableMapping[RefundId, Refund] = field(default_factory=dict)
    provider_events: MutableMapping[tuple[PaymentMethod, str], ProviderEvent] = field(default_factory=dict)
    provider_events_received_at: MutableMapping[tuple[PaymentMethod, str], datetime] = field(
        default_factory=dict
    )
    attempts: MutableMapping[bytes, AttemptTally] = field(default_factory=dict)
    webhook_endpoints: MutableMapping[EndpointId, WebhookEndpoint] = field(default_factory=dict)
    webhook_deliveries: MutableMapping[DeliveryId, Delivery] = field(default_factory=dict)
    audit_log: MutableMapping[AuditEntryId, AuditEntry] = field(default_factory=dict)
    idempotency: MutableMapping[Scope, StoredResult[object]] = field(default_factory=dict)
    idempotency_stored_at: MutableMapping[Scope, datetime] = field(default_factory=dict)

    def copied(self) -> Self:
        return type(self)(*(copied(table) for table in self._all()))

    def overlaid(self) -> Self:
        """Return a view of these tables. The view buffers writes."""
        return type(self)(*(Overlay(table) for table in self._all()))

    def absorb(self, overlay: Self) -> None:
        """Apply the writes that an overlay of these tables has buffered."""
        for table, overlaid in zip(self._all(), overlay._all(), strict=True):
            overlaid.absorb_into(table)

    def _all(self) -> list[Any]:
        return [getattr(self, name) for name in _NAMES]


_NAMES = tuple(table.name for table in fields(Tables))
