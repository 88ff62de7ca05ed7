"""Files are reloaded without a restart. An invalid file changes nothing."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from adapters.security.keys import generate_signing_key
from entrypoints.reloading import reload
from tests.kit.logs import captured_log
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, web_shop


def new_key() -> bytes:
    return generate_signing_key(datetime.now(UTC)).private_pem


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[WebShop]:
    (tmp_path / "keys").write_bytes(new_key())
    (tmp_path / "levels").write_text("warning")
    container = container_over(
        memory_store(), signing_keys_file=tmp_path / "keys", log_level_file=tmp_path / "levels"
    )
    async with web_shop(container) as web:
        yield web


async def key_ids(web: WebShop) -> list[str]:
    return [key["kid"] for key in (await web.anonymous.get("/.well-known/jwks.json")).json()["keys"]]


async def test_signing_keys_are_replaced_at_a_configuration_reload(web: WebShop, tmp_path: Path) -> None:
    before = await key_ids(web)
    (tmp_path / "keys").write_bytes(new_key())
    await reload(web.container)
    assert set(await key_ids(web)).isdisjoint(before)


async def test_invalid_files_are_ignored_and_logged_at_a_configuration_reload(
    web: WebShop, tmp_path: Path
) -> None:
    before = await key_ids(web)
    (tmp_path / "keys").write_text("canary")
    (tmp_path / "levels").write_text("loud canary")
    with captured_log("error") as log:
        await reload(web.container)
        structlog.get_logger().warning("omitted")
    assert await key_ids(web) == before
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert events == ["log levels are not reloaded", "signing keys are not reloaded"]
    assert "canary" not in log.getvalue()
