"""A restart on a schema that a newer release has migrated.

The service accepts orders, or reports in one line that it cannot start.
"""

import asyncio

import httpx2

from adapters.postgres.core.schema_revision import RELEASE
from tests.e2e.serving import STOP_SECONDS, Service, create_admin, serving
from tests.servers.newer_schema import migrate_to_newer_schema

PASSWORD = "a password of some length"


def place_an_order(service: Service) -> int:
    """Put a product on sale and order it. Return the status of the order's response."""
    create_admin(service, "boss@example.com", PASSWORD)
    with httpx2.Client(base_url=service.address.url, trust_env=False) as client:
        assert client.get("/readyz").status_code == 200
        answer = client.post("/token", data={"username": "boss@example.com", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        price = {"amount": 1999, "currency": "EUR"}
        product = client.post(
            "/v1/products", json={"sku": "M", "name": "Mug", "price": price, "initial_stock": 5}
        ).json()
        body = {"lines": [{"product_id": product["id"], "quantity": 1}]}
        return client.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"}).status_code


def test_release_starts_on_a_newer_schema_that_permits_it(database_url: str) -> None:
    asyncio.run(migrate_to_newer_schema(database_url, min_compatible_release=RELEASE))
    with serving(database_url) as service:
        service.await_answer()
        assert place_an_order(service) == 201
        code, output = service.interrupt()
    assert code == 0
    assert "Traceback" not in output


def test_release_does_not_start_on_a_schema_that_excludes_it(database_url: str) -> None:
    asyncio.run(migrate_to_newer_schema(database_url, min_compatible_release=RELEASE + 1))
    with serving(database_url) as service:
        output, _ = service.process.communicate(timeout=STOP_SECONDS)
    assert service.process.returncode == 1
    starting, error = output.splitlines()
    assert starting.startswith("Steelyard is starting")
    assert error.startswith(
        f"Error: The database has schema revision 9001, which needs release {RELEASE + 1}"
    )
