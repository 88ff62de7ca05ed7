"""No response and no log line contains a password or token that was sent in any field."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import httpx2
import pytest

from entrypoints.log_levels import LogLevels
from entrypoints.logging_config import configure_logging
from tests.kit.openapi import operations
from tests.kit.samples import SampleShop
from tests.kit.web import PASSWORD, WebShop

CANARY = "canary-Zq7-password-of-somebody"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def log() -> StringIO:
    """All log lines at level debug and above."""
    stream = StringIO()
    configure_logging(LogLevels.parse("debug"), stream=stream)
    return stream


def _operations(web: WebShop) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in web.app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _bodies(fields: list[str]) -> Iterator[Any]:
    """Bodies with the canary as a value, in a list, nested, and as a key."""
    yield dict.fromkeys(fields, CANARY)
    yield {"misspelled": CANARY}
    yield [CANARY]
    yield CANARY
    yield {"lines": [{"product_id": CANARY, "misspelled": CANARY}], "metadata": {CANARY: [CANARY]}}


async def test_error_response_never_contains_an_invalid_value_that_the_client_sent(
    web: WebShop, log: StringIO
) -> None:
    staff = await web.staff()
    answers: list[httpx2.Response] = []
    names = sorted(
        {
            name
            for schema in web.app.openapi()["components"]["schemas"].values()
            for name in schema.get("properties", {})
        }
    )
    for method, path, operation in _operations(web):
        address = path.replace("{", "").replace("}", "")
        filled = "/".join(CANARY if part.startswith("{") else part for part in path.split("/"))
        query = {parameter["name"]: CANARY for parameter in operation.get("parameters", [])}
        for client, headers in ((staff, {}), (web.anonymous, {"Authorization": f"Bearer {CANARY}"})):
            answers += [
                await client.request(method, filled, headers=headers),
                await client.request(method, address, params=query, headers=headers),
                await client.request(method, address, params={CANARY: CANARY}, headers=headers),
                await client.request(
                    method,
                    filled,
                    headers={**headers, "If-Match": f'"{CANARY}"', "Idempotency-Key": f"{CANARY} {CANARY}"},
                ),
                await client.request(
                    method, filled, headers={**headers, "Content-Type": CANARY}, content=b"{"
                ),
                await client.request(method, filled, headers={**headers, "X-Request-Id": f"{CANARY}!"}),
                await client.request(method, filled, headers={**headers, **JSON}, content=CANARY.encode()),
            ]
            if "requestBody" in operation:
                for body in _bodies(names):
                    content = json.dumps(body).encode()
                    answers += [
                        await client.request(method, address, headers={**headers, **JSON}, content=content),
                        await client.request(
                            method, address, headers={**headers, **JSON}, content=content[:-1] + b',"'
                        ),
                    ]
    form = {"username": "ann@example.com", "password": CANARY, "grant_type": "password"}
    answers += [
        await web.anonymous.post("/token", data=form),
        await web.anonymous.post(
            "/token", data={**form, "username": CANARY, "scope": CANARY, "extra": CANARY}
        ),
        await web.anonymous.post(
            "/token", data={**form, "grant_type": "refresh_token", "refresh_token": CANARY}
        ),
        await web.anonymous.post("/v1/users", json=_sign_up("short" + CANARY[:3])),
        await web.anonymous.post("/v1/users", json=_sign_up(CANARY)),
    ]

    assert len(answers) > 400
    assert [answer for answer in answers if answer.status_code >= 500] == []
    assert [answer.request.url.path for answer in answers if CANARY in _text_of(answer)] == []
    assert CANARY not in log.getvalue()
    assert '"event": "request"' in log.getvalue()


async def test_secrets_and_email_addresses_are_never_logged(web: WebShop, log: StringIO) -> None:
    secrets: set[str] = {"@", PASSWORD}
    for operation in operations():
        sample_shop = await SampleShop.of(web)
        sample = await sample_shop.sample(operation)
        for sent in (sample, replace(sample, headers={"Authorization": f"Bearer {CANARY}"})):
            await sent.send(web)
        token = sample_shop.authorization["Authorization"].removeprefix("Bearer ")
        secrets |= {token, token.split(".")[2], sample_shop.ids["refresh_token"], CANARY}
    for key in await web.container.signing.signing_keys().all():
        secrets |= set(filter(None, key.private_pem.decode().splitlines()[1:-1]))
    assert [secret for secret in secrets if secret in log.getvalue()] == []
    assert log.getvalue().count('"event": "request"') > 100


def _sign_up(password: str) -> dict[str, str]:
    return {"email": "ann@example.com", "password": password, "password_confirm": password}


def _text_of(answer: httpx2.Response) -> str:
    """Return the complete text of a response: headers and body."""
    return f"{dict(answer.headers)}{answer.text}"
