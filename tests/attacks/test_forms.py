"""Hostile forms are either rejected with an error of RFC 6749 or processed without harm."""

from io import StringIO
from urllib.parse import urlencode

import pytest

from tests.attacks.bodies import CANARY
from tests.attacks.conftest import ChangeDetector
from tests.kit.openapi import Operation, operations
from tests.kit.samples import FORM, SampleShop
from tests.kit.web import WebShop

WITH_FORM = [
    operation
    for operation in operations()
    if FORM in operation.described.get("requestBody", {}).get("content", {})
]
HOSTILE = (
    "",
    " ",
    CANARY,
    CANARY * 5000,
    "null",
    "0",
    "[]",
    "{}",
    "\u202e",
    "💥" * 50,
    "a\r\nSet-Cookie: a=b",
    "'--",
)
ENCODED = ("%00", "%ff", "%ed%a0%80", "%", "%zz", "%c0%af", "%0d%0a")


@pytest.fixture(params=WITH_FORM, ids=lambda operation: operation.id)
def operation(request: pytest.FixtureRequest) -> Operation:
    operation: Operation = request.param
    return operation


async def test_hostile_form_field_value_gets_a_documented_response(
    web: WebShop, sample_shop: SampleShop, detector: ChangeDetector, log: StringIO, operation: Operation
) -> None:
    sample = await sample_shop.sample(operation)
    forms = [urlencode({**sample.body, name: value}) for name in sample.body for value in HOSTILE]
    forms += [
        f"{urlencode({other: value for other, value in sample.body.items() if other != name})}&{name}={value}"
        for name in sample.body
        for value in ENCODED
    ]
    detector.has_changed()
    for form in forms:
        response = await sample.send(web, content=form.encode())
        assert response.status_code in {200, 400, 413}, form[:200]
        assert CANARY not in response.text
        if response.status_code == 400:
            assert response.json()["error"] in {"invalid_request", "invalid_grant", "unsupported_grant_type"}
        assert detector.has_changed() <= response.is_success, form[:200]
    assert CANARY not in log.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"&&&",
        b"=",
        b"\xff\xfe",
        b"a" * 10_000_000,
        b"&".join([b"a=b"] * 5000),
        f'{{"username":"{CANARY}","password":"{CANARY}"}}'.encode(),
        f"username={CANARY}&password={CANARY}".encode("utf-16"),
        f"grant_type=client_credentials&client_secret={CANARY}".encode(),
    ],
    ids=range(9),
)
async def test_malformed_form_is_rejected(
    web: WebShop,
    sample_shop: SampleShop,
    detector: ChangeDetector,
    log: StringIO,
    operation: Operation,
    content: bytes,
) -> None:
    sample = await sample_shop.sample(operation)
    detector.has_changed()
    response = await sample.send(web, content=content)
    assert response.status_code in {400, 401, 413}
    assert CANARY not in response.text + log.getvalue()
    assert not detector.has_changed()


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/plain", "", f"multipart/form-data; boundary={CANARY}"]
)
async def test_form_sent_with_an_unsupported_media_type_is_rejected(
    web: WebShop, sample_shop: SampleShop, detector: ChangeDetector, operation: Operation, media_type: str
) -> None:
    sample = await sample_shop.sample(operation)
    detector.has_changed()
    response = await sample.send(web, Content_Type=media_type)
    assert response.status_code in {400, 415}
    assert CANARY not in response.text
    assert not detector.has_changed()
