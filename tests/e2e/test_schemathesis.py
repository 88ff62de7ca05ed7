"""Schemathesis generates requests from the OpenAPI description of the service, and sends them."""

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.e2e.prepared_shop import prepare
from tests.e2e.serving import CHECKOUT, Service, serving
from tests.kit.children import RUN_SECONDS, run
from tests.kit.searching import EFFORT

SEED = 1
EXAMPLES = 3

CURRENCIES = ["EUR", "JPY", "KWD", "USD"]
"""The currencies in the description that Schemathesis reads. A campaign uses all 156 currencies.

Schemathesis sends each amount in every currency of the description. With 156 currencies, these requests would be a
quarter of all requests.
"""

REJECTED: Mapping[str, int] = {
    # The examples of these operations contain an old ETag, so that the operations remove no object that other
    # operations need.
    "DELETE /v1/me": 412,
    "DELETE /v1/products/{product_id}": 412,
    # These operations need a token that is only sent by mail. In this test, nobody receives the mail.
    "POST /v1/me/claim-orders": 409,
    "POST /v1/password-resets/confirm": 422,
    "POST /v1/users/verify-email": 422,
    # Only the payment provider can sign these messages.
    "POST /v1/webhooks/payments/{provider}": 401,
}
"""The operations that reject all generated requests, and the expected status of these responses.

Every other operation must succeed at least once, so that successful responses are tested too.
"""


def test_schemathesis_gets_only_declared_responses(
    database_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    document, report = tmp_path / "openapi.json", tmp_path / "requests.har"
    lifetime = "PT1H"  # a campaign can take longer than the default lifetime of a token
    with serving(
        database_url, rate_limit_enabled="false", log_level="warning", token_lifetime=lifetime
    ) as service:
        service.await_answer()
        shop = prepare(service)
        description = shop.with_existing_ids(_described(service))
        document.write_text(json.dumps(description))
        result = run(
            [
                Path(sys.executable).parent / "schemathesis",
                *("--config-file", CHECKOUT / "tests/e2e/schemathesis.toml"),
                *("run", document, "--url", service.address.url, "--no-color"),
                *("--report-har-path", report),
                *("--seed", str(pytestconfig.getoption("--hypothesis-seed") or SEED)),
                *("--max-examples", str(EXAMPLES * EFFORT), "--continue-on-failure"),
                *("-H", f"Authorization: Bearer {shop.token}"),
            ],
            env={**os.environ, "EXPENDABLE_TOKEN": shop.expendable_token},
            seconds=RUN_SECONDS * EFFORT,
            check=False,
        )
        # The access token of an ended session can no longer read the list of users, so the status shows whether the
        # session has ended.
        users = f"{service.address.url}/v1/users"
        sessions = [
            httpx2.get(users, headers={"Authorization": f"Bearer {token}"}).status_code
            for token in (shop.token, shop.expendable_token)
        ]
        code, output = service.interrupt()

    assert result.returncode == 0, result.stdout
    assert code == 0
    assert "unexpected error" not in output
    assert sessions == [200, 200], "a generated request has ended a session: later requests returned only 401"
    statuses = _statuses(description, report)
    assert {
        operation: sorted(received)
        for operation, received in statuses.items()
        if min(received, default=500) >= 400 and REJECTED.get(operation) not in received
    } == {}


def _described(service: Service) -> dict[str, Any]:
    document: dict[str, Any] = httpx2.get(f"{service.address.url}/openapi.json").json()
    if EFFORT == 1:
        currency = document["components"]["schemas"]["Currency"]
        assert set(CURRENCIES) < set(currency["enum"])
        currency["enum"] = CURRENCIES
    return document


def _statuses(description: dict[str, Any], report: Path) -> dict[str, set[int]]:
    """Read the report of all requests, and return the statuses of each operation's responses."""
    received: dict[tuple[str, str], set[int]] = defaultdict(set)
    for entry in json.loads(report.read_text())["log"]["entries"]:
        request = entry["request"]
        received[request["method"], urlsplit(request["url"]).path].add(entry["response"]["status"])
    return {
        f"{method.upper()} {path}": {
            status
            for (sent, url), statuses in received.items()
            if sent == method.upper() and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), url)
            for status in statuses
        }
        for path, operations in description["paths"].items()
        for method in operations
    }
