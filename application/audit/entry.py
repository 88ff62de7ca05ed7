"""Entries of the audit log: actor, action, object, time and request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.shared.actor import Actor
from domain.shared.ids import AuditEntryId


class AuditAction(StrEnum):
    """The audited actions of administration and security. Each name begins with the object's type.

    Stored entries can contain any of these actions, so do not remove an action from the enumeration.
    """

    USER_SIGNED_UP = "user.signed_up"
    USER_SIGN_UP_REQUESTED = "user.sign_up_requested"
    USER_SIGNED_UP_AGAIN = "user.signed_up_again"
    USER_CHANGED = "user.changed"
    USER_EMAIL_VERIFIED = "user.email_verified"
    USER_EMAIL_CHANGE_REQUESTED = "user.email_change_requested"
    USER_EMAIL_CHANGE_REFUSED = "user.email_change_refused"
    USER_EMAIL_CHANGED = "user.email_changed"
    USER_PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - the name of an action, not a password
    USER_PASSWORD_CHANGE_REFUSED = "user.password_change_refused"  # noqa: S105 - the name of an action, not a password
    USER_ROLE_CHANGED = "user.role_changed"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_CLOSED = "user.closed"
    USER_LOG_IN_REFUSED = "user.log_in_refused"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SESSION_TOKEN_REISSUED = "session.token_reissued"  # noqa: S105 - the name of an action, not a token
    SESSION_TOKEN_REUSED = "session.token_reused"  # noqa: S105 - the name of an action, not a token
    CLIENT_CREATED = "client.created"
    CLIENT_SECRET_ROLLED = "client.secret_rolled"  # noqa: S105 - the name of an action, not a secret
    CLIENT_SECRET_RETIRED = "client.secret_retired"  # noqa: S105 - the name of an action, not a secret
    CLIENT_DISABLED = "client.disabled"
    CLIENT_LOGGED_IN = "client.logged_in"
    CLIENT_LOG_IN_REFUSED = "client.log_in_refused"
    SIGNING_KEY_ROTATED = "signing_key.rotated"
    SECRETS_ENCRYPTED = "secrets.encrypted"
    SECRETS_REENCRYPTED = "secrets.reencrypted"
    PRODUCT_CREATED = "product.created"
    PRODUCT_CHANGED = "product.changed"
    STOCK_COUNTED = "stock.counted"
    STOCK_ADJUSTED = "stock.adjusted"
    ORDER_TOKEN_RENEWED = "order.token_renewed"  # noqa: S105 - the name of an action, not a token
    ORDER_CANCELLED = "order.cancelled"
    ORDER_FULFILLED = "order.fulfilled"
    ORDER_REFUNDED = "order.refunded"
    PAYMENT_CAPTURED = "payment.captured"
    PAYMENT_VOIDED = "payment.voided"
    WEBHOOK_ENDPOINT_CREATED = "webhook_endpoint.created"
    WEBHOOK_ENDPOINT_CHANGED = "webhook_endpoint.changed"
    WEBHOOK_ENDPOINT_DELIVERIES_RETRIED = "webhook_endpoint.deliveries_retried"
    WEBHOOK_ENDPOINT_SECRET_ROLLED = "webhook_endpoint.secret_rolled"  # noqa: S105 - the name of an action, not a secret
    WEBHOOK_ENDPOINT_PAUSED = "webhook_endpoint.paused"
    WEBHOOK_ENDPOINT_RESUMED = "webhook_endpoint.resumed"
    WEBHOOK_ENDPOINT_BLOCKED = "webhook_endpoint.blocked"
    WEBHOOK_ENDPOINT_UNBLOCKED = "webhook_endpoint.unblocked"
    WEBHOOK_ENDPOINT_TRANSFERRED = "webhook_endpoint.transferred"
    WEBHOOK_ENDPOINT_DELETED = "webhook_endpoint.deleted"
    WEBHOOK_DELIVERY_RETRIED = "webhook_delivery.retried"

    @property
    def object_type(self) -> str:
        return self.partition(".")[0]


Details = Mapping[str, str | int]
"""Other details of the action: only ids, numbers and codes.

Details contain no personal data, secrets or free text.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An entry of the audit log. Entries are never changed.

    If the action has no object, `object_id` is None. An example is a log-in with an unknown e-mail address.
    """

    id: AuditEntryId
    at: datetime
    actor: Actor
    action: AuditAction
    object_id: str | None
    details: Details
