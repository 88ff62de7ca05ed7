"""A program that uses the generated Python client.

The program signs up, logs in, places orders, reads pages and handles a problem. Run it with the address of the
service, and the e-mail address and password of an admin.
"""

import sys
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from steelyard_client import AuthenticatedClient, Client
from steelyard_client.api.orders import list_orders, place_order
from steelyard_client.api.products import create_product
from steelyard_client.api.sessions import create_token
from steelyard_client.api.users import create_user
from steelyard_client.models import (
    CreateProductRequest,
    CreateUserRequest,
    Currency,
    NonNegativeMoney,
    OrderLineRequest,
    OrderPage,
    OrderStatus,
    PasswordForm,
    PlacedOrderResponse,
    PlaceOrderRequest,
    Problem,
    ProblemCode,
    ProductResponse,
    TokenResponse,
)

ORDERS = 3
EMAIL, PASSWORD = f"{uuid4().hex}@example.com", "a long password of a customer"
T = TypeVar("T")

if TYPE_CHECKING:
    # If this line has no type error, mypy reports the ignore comment as unused.
    MISSPELLED = ProblemCode.OUT_OF_STOK  # type: ignore[attr-defined] # a misspelled problem code must not compile


def main(url: str, admin_email: str, admin_password: str) -> None:
    anonymous = Client(base_url=url)
    admin = log_in(url, admin_email, admin_password)
    price = NonNegativeMoney(amount=1800, currency=Currency.USD)
    chai = CreateProductRequest(sku=f"PY-{uuid4().hex[:8]}", name="Chai", price=price, initial_stock=ORDERS)
    product = expect(ProductResponse, create_product.sync(client=admin, body=chai, idempotency_key=key()))

    body = CreateUserRequest(email=EMAIL, password=PASSWORD, password_confirm=PASSWORD)
    create_user.sync(client=anonymous, body=body, idempotency_key=key())
    customer = log_in(url, EMAIL, PASSWORD)

    one = PlaceOrderRequest(lines=[OrderLineRequest(product_id=product.id, quantity=1)])
    for _ in range(ORDERS):
        order = expect(
            PlacedOrderResponse, place_order.sync(client=customer, body=one, idempotency_key=key())
        )
        check(order.status is OrderStatus.PENDING_PAYMENT, order.status)
        check(order.total.amount == price.amount, order.total)

    seen = 0
    page = expect(OrderPage, list_orders.sync(client=customer, limit=2))
    seen += len(page.items)
    while page.next_cursor is not None:
        page = expect(OrderPage, list_orders.sync(client=customer, limit=2, cursor=page.next_cursor))
        seen += len(page.items)
    check(seen == ORDERS, seen)

    problem = expect(Problem, place_order.sync(client=customer, body=one, idempotency_key=key()))
    check(problem.code is ProblemCode.OUT_OF_STOCK, problem)


def log_in(url: str, email: str, password: str) -> AuthenticatedClient:
    form = PasswordForm(grant_type="password", username=email, password=password)
    token = expect(TokenResponse, create_token.sync(client=Client(base_url=url), body=form))
    return AuthenticatedClient(base_url=url, token=token.access_token)


def expect(kind: type[T], answer: object) -> T:
    if not isinstance(answer, kind):
        sys.exit(f"expected {kind.__name__}: {answer}")
    return answer


def check(holds: bool, shown: object) -> None:
    if not holds:
        sys.exit(f"unexpected: {shown}")


def key() -> str:
    return uuid4().hex


if __name__ == "__main__":
    main(*sys.argv[1:])
