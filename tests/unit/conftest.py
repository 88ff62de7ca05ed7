import pytest

from tests.kit.shop import Shop
from tests.kit.store import memory_store


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_store())
