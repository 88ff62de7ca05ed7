from collections.abc import AsyncIterator

import pytest

from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, web_shop


@pytest.fixture
async def web() -> AsyncIterator[WebShop]:
    """The service over an empty store in memory."""
    async with web_shop(container_over(memory_store())) as web:
        yield web
