"""Request bodies as release 6daf4a4 parsed them.

Do not change these models, even if the current schemas change. The idempotency records of that release contain
fingerprints of bodies in this form. The models contain only the parts that affect the serialization: names, the
sequence of names, defaults, and types with a special format.

After the last idempotency record of that release is pruned, the models can be deleted.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationError


class _Body(BaseModel):
    """A JSON object. Release 6daf4a4 rejected requests with unknown fields."""

    model_config = ConfigDict(extra="forbid")


def _in_order(mapping: dict[str, str]) -> dict[str, str]:
    return dict(sorted(mapping.items()))


_Texts = Annotated[dict[str, str], AfterValidator(_in_order)]


class _Money(_Body):
    amount: int
    currency: str


class _Address(_Body):
    name: str
    line1: str
    line2: str | None = None
    city: str
    region: str | None = None
    postal_code: str | None = None
    country: str


class _OrderedLine(_Body):
    product_id: UUID
    quantity: int


class _PlaceOrder(_Body):
    lines: list[_OrderedLine]
    shipping_address: _Address | None = None
    note: str | None = None
    expected_total: _Money | None = None
    metadata: _Texts = {}


class _CancelOrder(_Body):
    reason: str | None = None


class _UnitsOfLine(_Body):
    line_id: UUID
    quantity: int


class _FulfillOrder(_Body):
    lines: list[_UnitsOfLine]
    carrier: str | None = None
    tracking: str | None = None


class _PayOrder(_Body):
    amount: _Money
    method: str
    token: str | None = None


class _RefundOrder(_Body):
    amount: _Money | None = None
    lines: list[_UnitsOfLine] | None = None
    reason: str


class _CreateProduct(_Body):
    sku: str
    name: str
    description: str = ""
    price: _Money
    attributes: _Texts = {}
    max_per_order: int | None = None
    initial_stock: int = 0


class _StockDelta(_Body):
    product_id: UUID
    delta: int


class _AdjustStock(_Body):
    lines: list[_StockDelta]
    reason: str
    note: str | None = None


class _CreateEndpoint(_Body):
    url: str
    event_types: list[str] = []


class _RetryDelivery(_Body):
    pass


class _CreateUser(_Body):
    email: str
    password: SecretStr
    password_confirm: SecretStr
    full_name: str | None = None


class _VerifyEmail(_Body):
    token: str


class _ResetPassword(_Body):
    token: str
    password: SecretStr
    password_confirm: SecretStr


class _ChangePassword(_Body):
    current_password: SecretStr
    new_password: SecretStr
    new_password_confirm: SecretStr


_BODIES: dict[str, type[_Body]] = {
    "place_order": _PlaceOrder,
    "cancel_order": _CancelOrder,
    "fulfil_order": _FulfillOrder,
    "pay_order": _PayOrder,
    "refund_order": _RefundOrder,
    "create_product": _CreateProduct,
    "adjust_stock": _AdjustStock,
    "create_webhook_endpoint": _CreateEndpoint,
    "retry_webhook_delivery": _RetryDelivery,
    "create_user": _CreateUser,
    "verify_email": _VerifyEmail,
    "reset_password": _ResetPassword,
    "change_password": _ChangePassword,
}


def body_as_6daf4a4(operation: str, received: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return a parsed body as release 6daf4a4 serialized it, or None if that release rejected it."""
    model = _BODIES.get(operation)
    if model is None:
        return None
    try:
        return model.model_validate({} if received is None else received).model_dump_json()
    except ValidationError:
        return None
