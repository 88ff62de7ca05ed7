"""Schemathesis sends requests that it generates from the OpenAPI description of the service."""

import json
import sys
from pathlib import Path

import httpx2
import pytest

from tests.e2e.serving import CHECKOUT, Service, create_admin, serving
from tests.kit.children import RUN_SECONDS, run
from tests.kit.searching import EFFORT

EMAIL, PASSWORD = "boss@example.com", "a long admin password"
SEED = 1
EXAMPLES = 3

CURRENCIES = ["EUR", "JPY", "KWD", "USD"]
"""Schemathesis sends each field with an amount once in each of 156 currencies, a quarter of all its requests.

Unless in a campaign, it knows only these.
"""


def test_schemathesis_gets_only_declared_responses(
    database_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    document = tmp_path / "openapi.json"
    with serving(database_url, rate_limit_enabled="false", log_level="warning") as service:
        service.await_answer()
        document.write_text(json.dumps(_described(service)))
        result = run(
            [
                Path(sys.executable).parent / "schemathesis",
                *("--config-file", CHECKOUT / "tests/e2e/schemathesis.toml"),
                *("run", document, "--url", service.address.url, "--no-color"),
                *("--seed", str(pytestconfig.getoption("--hypothesis-seed") or SEED)),
                *("--max-examples", str(EXAMPLES * EFFORT), "--continue-on-failure"),
                *("-H", f"Authorization: Bearer {_admin_token(service)}"),
            ],
            seconds=RUN_SECONDS * EFFORT,
            check=False,
        )
        code, output = service.interrupt()

    assert result.returncode == 0, result.stdout
    assert code == 0
    assert "unexpected error" not in output


def _described(service: Service) -> object:
    document = httpx2.get(f"{service.address.url}/openapi.json").json()
    if EFFORT == 1:
        currency = document["components"]["schemas"]["Currency"]
        assert set(CURRENCIES) < set(currency["enum"])
        currency["enum"] = CURRENCIES
    return document


def _admin_token(service: Service) -> str:
    create_admin(service, EMAIL, PASSWORD)
    form = {"username": EMAIL, "password": PASSWORD}
    token: str = httpx2.post(f"{service.address.url}/token", data=form).json()["access_token"]
    return token
