"""All tables. The migrations create the same tables, and a test compares the two definitions.

Row classes are separate from entities. The mapping.py of each feature converts between rows and entities.
"""

from adapters.postgres.audit.rows import AuditEntryRow
from adapters.postgres.catalog.rows import ProductRow, StockMovementRow, StockOpeningBalanceRow, StockRow
from adapters.postgres.checks.rows import InvariantTallyRow, RetentionMarkRow
from adapters.postgres.clients.rows import ClientSecretRow, ServiceClientRow
from adapters.postgres.core.schema import Row
from adapters.postgres.core.schema_state import SchemaRevisionRow
from adapters.postgres.events.rows import EventRelayRow, OutboxRow
from adapters.postgres.idempotency.rows import IdempotencyKeyRow
from adapters.postgres.mail.rows import MailNoticeRow, MailRequestRow
from adapters.postgres.orders.rows import FulfillmentRow, OrderHistoryRow, OrderLineRow, OrderRow, ReturnRow
from adapters.postgres.payments.rows import PaymentRow, ProviderEventRow, RefundRow
from adapters.postgres.payments.sandbox_rows import SandboxChargeRow, SandboxMessageRow, SandboxRefundRow
from adapters.postgres.sessions.rows import SessionRow
from adapters.postgres.signing.rows import ServiceSecretRow, SigningKeyRow
from adapters.postgres.throttling.rows import AttemptTallyRow
from adapters.postgres.users.rows import EmailChangeRow, OneTimeTokenRow, SignUpRow, UserRow
from adapters.postgres.webhooks.rows import WebhookDeliveryHeadRow, WebhookDeliveryRow, WebhookEndpointRow

__all__ = [
    "AttemptTallyRow",
    "AuditEntryRow",
    "ClientSecretRow",
    "EmailChangeRow",
    "EventRelayRow",
    "FulfillmentRow",
    "IdempotencyKeyRow",
    "InvariantTallyRow",
    "MailNoticeRow",
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
    "RetentionMarkRow",
    "ReturnRow",
    "Row",
    "SandboxChargeRow",
    "SandboxMessageRow",
    "SandboxRefundRow",
    "SchemaRevisionRow",
    "ServiceClientRow",
    "ServiceSecretRow",
    "SessionRow",
    "SignUpRow",
    "SigningKeyRow",
    "StockMovementRow",
    "StockOpeningBalanceRow",
    "StockRow",
    "UserRow",
    "WebhookDeliveryHeadRow",
    "WebhookDeliveryRow",
    "WebhookEndpointRow",
]
