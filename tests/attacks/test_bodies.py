"""Hostile bodies that the schema does not permit are rejected with a helpful error.

Some hostile bodies match the schema and are accepted. These bodies do no harm.
"""

import json
from collections.abc import Iterable
from io import StringIO
from typing import Any

import pytest

from tests.attacks.bodies import (
    CANARY,
    NOT_INTEROPERABLE,
    OUT_OF_PLACE,
    otherwise_encoded,
    overlong,
    with_strange_fields,
    with_values,
)
from tests.attacks.conftest import ChangeDetector
from tests.kit.openapi import Operation, operations, validator
from tests.kit.samples import FORM, Sample, SampleShop
from tests.kit.web import WebShop

WITH_JSON = [
    operation
    for operation in operations()
    if any(name != FORM for name in operation.described.get("requestBody", {}).get("content", {}))
]
PROBLEM = "application/problem+json"


@pytest.fixture(params=WITH_JSON, ids=lambda operation: operation.id)
def operation(request: pytest.FixtureRequest) -> Operation:
    operation: Operation = request.param
    return operation


@pytest.fixture
async def sample(sample_shop: SampleShop, operation: Operation, detector: ChangeDetector) -> Sample:
    sample = await sample_shop.sample(operation)
    detector.has_changed()
    return sample


async def accepted_bodies(
    web: WebShop, sample: Sample, bodies: Iterable[bytes], detector: ChangeDetector, log: StringIO
) -> list[bytes]:
    """Send the bodies, check the errors of rejected bodies, and return the accepted bodies."""
    accepted: list[bytes] = []
    for body in bodies:
        response = await sample.send(web, content=body)
        if response.is_success:
            accepted.append(body)
            detector.has_changed()
            continue
        assert 400 <= response.status_code < 500, (response.status_code, body[:200])
        assert response.headers["Content-Type"] == PROBLEM
        assert CANARY not in response.text, body[:200]
        assert not detector.has_changed(), body[:200]
    assert CANARY not in log.getvalue()
    return accepted


async def test_every_operation_rejects_ambiguous_json(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO
) -> None:
    bodies = with_values(sample.body, NOT_INTEROPERABLE)
    assert await accepted_bodies(web, sample, bodies, detector, log) == []


async def test_value_outside_the_schema_is_rejected_with_a_documented_error(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO, operation: Operation
) -> None:
    [content] = operation.described["requestBody"]["content"].values()
    for body in await accepted_bodies(web, sample, with_values(sample.body, OUT_OF_PLACE), detector, log):
        assert validator(content["schema"]).is_valid(json.loads(body)), body[:200]


async def test_object_with_a_missing_or_repeated_field_is_rejected(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO, operation: Operation
) -> None:
    [content] = operation.described["requestBody"]["content"].values()
    for body in await accepted_bodies(web, sample, with_strange_fields(sample.body), detector, log):
        fields = json.loads(body, object_pairs_hook=without_duplicates)
        assert validator(content["schema"]).is_valid(fields), body[:200]


async def test_list_with_too_many_items_is_rejected(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO
) -> None:
    assert await accepted_bodies(web, sample, overlong(sample.body), detector, log) == []


async def test_body_is_rejected_if_incomplete_or_oversized_or_not_utf_8(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO, operation: Operation
) -> None:
    accepted = await accepted_bodies(web, sample, otherwise_encoded(sample.body), detector, log)
    assert accepted == ([] if operation.described["requestBody"].get("required") else [b""])


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "", CANARY],
)
async def test_body_with_an_unsupported_media_type_is_rejected(
    web: WebShop, sample: Sample, detector: ChangeDetector, media_type: str
) -> None:
    response = await web.anonymous.request(
        sample.method,
        sample.url,
        content=sample.content,
        headers={**sample.headers, "Content-Type": media_type},
    )
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert CANARY not in response.text
    assert not detector.has_changed()


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
