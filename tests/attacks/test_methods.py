"""Safe methods change nothing, and no route responds to TRACE."""

import pytest

from tests.attacks.conftest import ChangeDetector
from tests.kit.openapi import Operation, operations
from tests.kit.samples import SampleShop

READS = [operation for operation in operations() if operation.method == "GET"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("operation", READS, ids=lambda operation: str(operation.id))
async def test_read_request_changes_no_stored_data(
    sample_shop: SampleShop, detector: ChangeDetector, operation: Operation, method: str
) -> None:
    sample = await sample_shop.sample(operation)
    response = await sample_shop.web.anonymous.request(
        method, sample.url, headers={**sample.headers, **sample_shop.operator}
    )
    assert response.status_code == 200, response.text
    assert not detector.has_changed()


async def test_every_path_rejects_the_http_method_trace(sample_shop: SampleShop) -> None:
    urls = {sample_shop.url_of(operation) for operation in operations()} | {"/", "/docs", "/openapi.json"}
    statuses = {(await sample_shop.web.anonymous.request("TRACE", url)).status_code for url in urls}
    assert statuses == {405}
