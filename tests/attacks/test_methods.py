"""Safe methods change nothing, and no route responds to TRACE."""

import pytest

from tests.attacks.conftest import Watched
from tests.kit.event_schemas import Operation, operations
from tests.kit.samples import Surroundings

READS = [operation for operation in operations() if operation.method == "GET"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("operation", READS, ids=lambda operation: str(operation.id))
async def test_read_request_changes_no_stored_data(
    surroundings: Surroundings, watched: Watched, operation: Operation, method: str
) -> None:
    sample = await surroundings.sample(operation)
    response = await surroundings.web.visitor.request(
        method, sample.url, headers={**sample.headers, **surroundings.operator}
    )
    assert response.status_code == 200, response.text
    assert not watched.has_changed()


async def test_every_path_rejects_the_method_trace(surroundings: Surroundings) -> None:
    urls = {surroundings.url_of(operation) for operation in operations()} | {"/", "/docs", "/openapi.json"}
    statuses = {(await surroundings.web.visitor.request("TRACE", url)).status_code for url in urls}
    assert statuses == {405}
