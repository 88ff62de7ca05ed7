"""The tables, as the code sees them; `migrations/` makes them, and a test compares the two.

Rows are what is kept, entities what is true: small functions beside the repositories turn one into the other.
"""

from adapters.postgres.rows.attempts import AttemptTallyRow
from adapters.postgres.rows.audit import AuditEntryRow
from adapters.postgres.rows.catalog import ProductRow, StockMovementRow, StockRow
from adapters.postgres.rows.checks import InvariantTallyRow
from adapters.postgres.rows.clients import ClientSecretRow, ServiceClientRow
from adapters.postgres.rows.idempotency import IdempotencyKeyRow
from adapters.postgres.rows.mail import MailRequestRow
from adapters.postgres.rows.orders import FulfillmentRow, OrderHistoryRow, OrderLineRow, OrderRow
from adapters.postgres.rows.outbox import OutboxRow
from adapters.postgres.rows.payments import PaymentRow, ProviderEventRow, RefundRow
from adapters.postgres.rows.relays import EventRelayRow
from adapters.postgres.rows.sandbox import SandboxChargeRow, SandboxMessageRow, SandboxRefundRow
from adapters.postgres.rows.schema import Row
from adapters.postgres.rows.secrets import ServiceSecretRow, SigningKeyRow
from adapters.postgres.rows.sessions import SessionRow
from adapters.postgres.rows.users import OneTimeTokenRow, UserRow
from adapters.postgres.rows.webhooks import WebhookDeliveryRow, WebhookEndpointRow

__all__ = [
    "AttemptTallyRow",
    "AuditEntryRow",
    "ClientSecretRow",
    "EventRelayRow",
    "FulfillmentRow",
    "IdempotencyKeyRow",
    "InvariantTallyRow",
    "MailRequestRow",
    "OneTimeTokenRow",
    "OrderHistoryRow",
    "OrderLineRow",
    "OrderRow",
    "OutboxRow",
    "PaymentRow",
    "ProductRow",
    "ProviderEventRow",
    "RefundRow",
    "Row",
    "SandboxChargeRow",
    "SandboxMessageRow",
    "SandboxRefundRow",
    "ServiceClientRow",
    "ServiceSecretRow",
    "SessionRow",
    "SigningKeyRow",
    "StockMovementRow",
    "StockRow",
    "UserRow",
    "WebhookDeliveryRow",
    "WebhookEndpointRow",
]
