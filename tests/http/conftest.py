from collections.abc import AsyncIterator

import pytest

from tests.kit.prepared_shop import prepared_shop
from tests.kit.samples import SampleShop
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, web_shop


@pytest.fixture
async def web(request: pytest.FixtureRequest) -> AsyncIterator[WebShop]:
    """The service over a store in memory.

    If the test uses the sample shop, the store contains this shop. Otherwise the store is empty.
    """
    store = prepared_shop().new_store() if "sample_shop" in request.fixturenames else memory_store()
    async with web_shop(container_over(store)) as web:
        yield web


@pytest.fixture
def sample_shop(web: WebShop) -> SampleShop:
    return prepared_shop().copy_to(web)
