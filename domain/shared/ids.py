"""Ids. Each kind of object has its own id type, so that ids cannot be mixed up.

All ids are UUIDv7 (RFC 9562, section 5.7) and sort by the time of their creation.
"""

from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
SignUpId = NewType("SignUpId", UUID)
SessionId = NewType("SessionId", UUID)
ClientId = NewType("ClientId", UUID)
SecretId = NewType("SecretId", UUID)
ProductId = NewType("ProductId", UUID)
OrderId = NewType("OrderId", UUID)
LineId = NewType("LineId", UUID)
PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
ReturnId = NewType("ReturnId", UUID)
FulfillmentId = NewType("FulfillmentId", UUID)
EventId = NewType("EventId", UUID)
EndpointId = NewType("EndpointId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
AuditEntryId = NewType("AuditEntryId", UUID)

CallerId = UserId | ClientId
"""The id of a user or of a service client. A user and a service client never have the same id."""
