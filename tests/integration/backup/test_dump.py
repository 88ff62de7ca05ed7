"""A dump restores one database with all its orders into an empty database."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import make_url

from adapters.postgres.core.migrations import upgrade
from tests.integration.backup.scripts import BackupScripts
from tests.integration.cluster.programs import Program
from tests.integration.http.services import container_on
from tests.kit.web import key, order_body, web_shop
from tests.servers.databases import connected
from tests.servers.replication import ROLE, Node, nodes


@dataclass(frozen=True, slots=True)
class Dump:
    node: Node
    scripts: BackupScripts

    @property
    def file(self) -> Path:
        return self.node.directory.with_name("shop.dump")

    async def create_database(self, name: str, owner: str = ROLE) -> str:
        """Create an empty database. Return the URL of the database."""
        async with connected(self.node.url) as psql:
            await psql.execute(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0")
        return make_url(self.node.url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def dump() -> Iterator[Dump]:
    """A server with a shop. Each test can dump the shop's database."""
    with nodes("server") as (node,):
        node.create()
        node.start()
        upgrade(node.url)
        yield Dump(node, BackupScripts.copied_for(node))


async def test_database_restored_from_a_dump_has_earlier_orders_and_accepts_new_orders(dump: Dump) -> None:
    async with web_shop(container_on(dump.node.url)) as web:
        mug, customer = await web.product(stock=10_000), await web.customer()
        authorization = {"Authorization": customer.headers["Authorization"]}
        before = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("before"))
        dumping = asyncio.create_task(asyncio.to_thread(dump.scripts.run, dump.node, "dump.sh", dump.file))
        placed = 0
        while not dumping.done():
            await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key(f"{placed}"))
            placed += 1
        await dumping

    url = await dump.create_database("restored")
    await asyncio.to_thread(dump.scripts.run, dump.node, "restore-dump.sh", dump.file, database="restored")
    check = Program("check", [], {"STEELYARD_DATABASE_URL": url}, Path("unused")).run("check")
    async with web_shop(container_on(url)) as web:
        found = await web.anonymous.get(f"/v1/orders/{before.json()['id']}", headers=authorization)
        after = await web.anonymous.post(
            "/v1/orders", json=order_body((mug, 1)), headers=authorization | key("after")
        )

    assert (check.returncode, check.stderr) == (0, "")
    assert found.json() == before.json()
    assert after.status_code == 201


async def test_ordinary_database_owner_can_restore_a_dump_and_gets_no_warnings(dump: Dump) -> None:
    file = dump.file.with_name("owner.dump")
    dump.scripts.run(dump.node, "dump.sh", file)
    async with connected(dump.node.url) as psql:
        await psql.execute(f"CREATE ROLE owner LOGIN PASSWORD '{dump.node.password}'")
    await dump.create_database("owned", owner="owner")

    restored = dump.scripts.try_run(dump.node, "restore-dump.sh", file, database="owned", user="owner")

    assert (restored.returncode, restored.stderr) == (0, "")


def test_dump_cannot_be_restored_into_a_database_with_tables(dump: Dump) -> None:
    refused = dump.scripts.try_run(dump.node, "restore-dump.sh", dump.file)

    assert (refused.returncode, refused.stderr) == (1, "the database steelyard is not empty\n")


async def test_damaged_dump_leaves_the_database_empty(dump: Dump) -> None:
    damaged = dump.file.with_name("damaged.dump")
    dump.scripts.run(dump.node, "dump.sh", damaged)
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) * 9 // 10])
    url = await dump.create_database("damaged")

    refused = dump.scripts.try_run(dump.node, "restore-dump.sh", damaged, database="damaged")

    assert refused.returncode == 1
    async with connected(url) as psql:
        assert not await psql.fetchval(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )


def test_failed_dump_leaves_no_file(dump: Dump) -> None:
    missing = dump.file.with_name("missing.dump")
    failed = dump.scripts.try_run(dump.node, "dump.sh", missing, database="no_such_database")

    assert failed.returncode == 1
    assert list(missing.parent.glob("missing.dump*")) == []
