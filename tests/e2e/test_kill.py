"""The service and the embedded database are killed by SIGKILL, and started again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.serving import STOP_SECONDS, Service, create_admin, serving
from tests.servers.embedded import data_directory

PASSWORD = "a long password of mine"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with data_directory() as directory:
        yield directory


def test_order_and_idempotency_record_exist_after_the_service_is_killed(data_dir: Path) -> None:
    with serving(with_worker=False, data_dir=str(data_dir)) as service:
        service.await_answer()
        product = _product(service)
        order = _order(service, product)
        os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait(STOP_SECONDS)

    with serving(with_worker=False, data_dir=str(data_dir)) as again:
        again.await_answer()
        replay = _order(again, product)
        available = httpx2.get(f"{again.address.url}/v1/products/{product}").json()["available"]
        assert again.interrupt()[0] == 0

    assert order.status_code == replay.status_code == 201
    assert replay.json() == order.json()
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert available == 3


def test_two_services_can_use_one_data_directory_at_the_same_time(data_dir: Path) -> None:
    with (
        serving(with_worker=False, data_dir=str(data_dir)) as one,
        serving(with_worker=False, data_dir=str(data_dir)) as other,
    ):
        one.await_answer()
        other.await_answer()
        product = _product(one)
        order = _order(one, product).json()
        seen = httpx2.get(
            f"{other.address.url}/v1/orders/{order['id']}", headers=_bearer(other, "ann@example.com")
        )
        assert one.interrupt()[0] == 0
        still_there = httpx2.get(f"{other.address.url}/v1/products/{product}")
        assert other.interrupt()[0] == 0

    assert seen.json() == order
    assert still_there.json()["available"] == 3


def _product(service: Service) -> str:
    create_admin(service, "boss@example.com", PASSWORD)
    body = {"sku": "MUG", "name": "Mug", "price": {"amount": 1999, "currency": "EUR"}, "initial_stock": 5}
    response = httpx2.post(
        f"{service.address.url}/v1/products", json=body, headers=_bearer(service, "boss@example.com")
    )
    product: str = response.json()["id"]
    return product


def _order(service: Service, product: str) -> httpx2.Response:
    """Order two units as a customer. Sign the customer up if necessary."""
    sign_up: dict[str, Any] = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    httpx2.post(f"{service.address.url}/v1/users", json=sign_up)
    return httpx2.post(
        f"{service.address.url}/v1/orders",
        json={"lines": [{"product_id": product, "quantity": 2}]},
        headers={**_bearer(service, "ann@example.com"), "Idempotency-Key": "the-only-one"},
    )


def _bearer(service: Service, email: str) -> dict[str, str]:
    form = {"username": email, "password": PASSWORD}
    token = httpx2.post(f"{service.address.url}/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}
