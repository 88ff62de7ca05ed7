"""The events and stock movements that the audit log records, and the details of the entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from application.audit.entry import AuditAction, Details
from domain.catalog.product import ProductChanged, ProductCreated
from domain.catalog.stock import Movement, MovementReason
from domain.orders.events import FulfillmentCreated, OrderCancelled, OrderEvent
from domain.orders.payment_events import PaymentCaptured, PaymentVoided, RefundRequested
from domain.shared.actor import Actor
from domain.shared.events import Event
from domain.shared.money import Money
from domain.users.events import (
    UserChanged,
    UserClosed,
    UserDisabled,
    UserEmailChanged,
    UserEmailVerified,
    UserEnabled,
    UserPasswordChanged,
    UserRoleChanged,
    UserSignedUp,
)
from domain.webhooks.events import WebhookEndpointPaused, WebhookEndpointResumed


@dataclass(frozen=True, slots=True)
class Audited:
    """The audit action of an event class, and the event fields that the audit entry contains."""

    action: AuditAction
    fields: tuple[str, ...] = ()

    def details_of(self, event: Event) -> Details:
        return {name: _shown(getattr(event, name)) for name in self.fields}


_EVENTS: Mapping[type[Event], Audited] = {
    UserSignedUp: Audited(AuditAction.USER_SIGNED_UP, ("role",)),
    UserChanged: Audited(AuditAction.USER_CHANGED),
    UserEmailVerified: Audited(AuditAction.USER_EMAIL_VERIFIED),
    UserEmailChanged: Audited(AuditAction.USER_EMAIL_CHANGED),
    UserPasswordChanged: Audited(AuditAction.USER_PASSWORD_CHANGED),
    UserRoleChanged: Audited(AuditAction.USER_ROLE_CHANGED, ("former_role", "role")),
    UserDisabled: Audited(AuditAction.USER_DISABLED),
    UserEnabled: Audited(AuditAction.USER_ENABLED),
    UserClosed: Audited(AuditAction.USER_CLOSED),
    ProductCreated: Audited(AuditAction.PRODUCT_CREATED, ("sku", "price", "status")),
    ProductChanged: Audited(AuditAction.PRODUCT_CHANGED, ("sku", "price", "status")),
    OrderCancelled: Audited(AuditAction.ORDER_CANCELLED, ("number",)),
    FulfillmentCreated: Audited(AuditAction.ORDER_FULFILLED, ("number", "fulfillment_id")),
    PaymentCaptured: Audited(AuditAction.PAYMENT_CAPTURED, ("number", "payment_id", "amount")),
    PaymentVoided: Audited(AuditAction.PAYMENT_VOIDED, ("number", "payment_id")),
    RefundRequested: Audited(AuditAction.ORDER_REFUNDED, ("number", "refund_id", "amount")),
    WebhookEndpointPaused: Audited(AuditAction.WEBHOOK_ENDPOINT_PAUSED, ("reason",)),
    WebhookEndpointResumed: Audited(AuditAction.WEBHOOK_ENDPOINT_RESUMED),
}

_MOVEMENTS: Mapping[MovementReason, AuditAction] = {
    MovementReason.COUNT: AuditAction.STOCK_COUNTED,
    MovementReason.RECEIPT: AuditAction.STOCK_ADJUSTED,
    MovementReason.DAMAGE: AuditAction.STOCK_ADJUSTED,
    MovementReason.CORRECTION: AuditAction.STOCK_ADJUSTED,
    MovementReason.RETURN: AuditAction.STOCK_ADJUSTED,
}
"""The audit actions of stock changes by staff. Stock changes by orders are recorded only in the ledger."""


def audited_event(event: Event, actor: Actor | None) -> Audited | None:
    """Return the audit record of an event, or None if the event is not audited.

    If staff perform an action on an order, the event is audited. If a customer, a provider or the shop performs the
    action, only the order's history contains it.
    """
    audited = _EVENTS.get(type(event))
    if audited is None or not isinstance(event, OrderEvent):
        return audited
    is_by_staff = actor is not None and actor.id not in {None, event.customer_id}
    return audited if is_by_staff else None


def audited_movement(movement: Movement) -> AuditAction | None:
    """Return the audit action of a stock movement, or None if the movement is not audited."""
    return _MOVEMENTS.get(movement.reason)


def _shown(value: object) -> str | int:
    match value:
        case Money():
            return f"{value.amount} {value.currency}"
        case Enum():
            return str(value.value)
        case int():
            return value
        case _:
            return str(value)
