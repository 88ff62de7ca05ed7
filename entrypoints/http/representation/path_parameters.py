"""Path parameters with their descriptions. A value that is not a UUID results in a 404."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

DeliveryIdInPath = Annotated[UUID, Path(description="The id of the delivery.")]
EndpointIdInPath = Annotated[UUID, Path(description="The id of the webhook endpoint.")]
OrderIdInPath = Annotated[UUID, Path(description="The id of the order, not its number.")]
PaymentIdInPath = Annotated[UUID, Path(description="The id of the payment, which belongs to the order.")]
ProductIdInPath = Annotated[UUID, Path(description="The id of the product, not its SKU.")]
ReturnIdInPath = Annotated[UUID, Path(description="The id of the return, which belongs to the order.")]
SessionIdInPath = Annotated[UUID, Path(description="The id of one of the caller's sessions.")]
UserIdInPath = Annotated[UUID, Path(description="The id of the user.")]
