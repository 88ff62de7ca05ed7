"""Schemathesis sends requests that it generates from the OpenAPI description of the service."""

import sys
from pathlib import Path

import httpx2

from tests.e2e.serving import CHECKOUT, Service, create_admin, serving
from tests.kit.children import run

EMAIL, PASSWORD = "boss@example.com", "a long admin password"
SEED = "1"
EXAMPLES = "5"


def test_schemathesis_gets_only_declared_responses(
    database_url: str,
) -> None:
    with serving(database_url, rate_limit_enabled="false", log_level="warning") as service:
        service.await_answer()
        result = run(
            [
                Path(sys.executable).parent / "schemathesis",
                *("--config-file", CHECKOUT / "tests/e2e/schemathesis.toml"),
                *("run", f"{service.address.url}/openapi.json", "--no-color"),
                *("--seed", SEED, "--max-examples", EXAMPLES, "--continue-on-failure"),
                *("-H", f"Authorization: Bearer {_admin_token(service)}"),
            ],
            check=False,
        )
        code, output = service.interrupt()

    assert result.returncode == 0, result.stdout
    assert code == 0
    assert "unexpected error" not in output


def _admin_token(service: Service) -> str:
    create_admin(service, EMAIL, PASSWORD)
    form = {"username": EMAIL, "password": PASSWORD}
    token: str = httpx2.post(f"{service.address.url}/token", data=form).json()["access_token"]
    return token
