"""A base backup and the archived write-ahead log restore the shop to a point in time."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.postgres.core.migrations import upgrade
from domain.payments.payment import PaymentMethod
from tests.integration.backup.scripts import BackupScripts
from tests.integration.cluster.programs import Program
from tests.integration.http.services import container_on
from tests.kit.actors import SOMEBODY
from tests.kit.gateway import FakeGateway
from tests.kit.web import WebShop, key, order_body, web_shop
from tests.servers.databases import connected
from tests.servers.replication import Node, nodes

POINT = "before_the_mistake"
LAST_EVENT = "SELECT id, position FROM outbox ORDER BY position DESC NULLS LAST LIMIT 1"
OF_FORMER_SERVERS = "synchronous_standby_names = 'gone'\nrecovery_target_lsn = '0/1'\n"
"""Settings of an earlier replication and of an earlier recovery. A restored server must not use these settings."""

SECONDS = 60
"""The maximum number of seconds for archiving and for the recovery of a server."""


@dataclass(slots=True)
class History:
    """Orders before and after a restore point, and a backup that can restore these orders."""

    node: Node
    scripts: BackupScripts
    gateway: FakeGateway
    kept: list[str] = field(default_factory=list)
    lost: str = ""
    lost_payment: str = ""
    lost_event: Mapping[str, object] = field(default_factory=dict)
    """The last published event before the loss of the primary."""
    time: datetime | None = None
    """The timestamp of the restore point."""
    customer: dict[str, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    product: dict[str, str] = field(default_factory=dict)

    @property
    def archive(self) -> Path:
        return self.node.directory.parent / "archive"

    @property
    def backup(self) -> Path:
        return self.node.directory.parent / "base"


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    """A shop whose primary server is lost after a backup."""
    with nodes("primary") as (primary,):
        history = History(primary, BackupScripts.copied_for(primary), FakeGateway())
        primary.create()
        primary.account.run(["mkdir", str(history.archive)])
        settings = (
            f"archive_mode = on\narchive_command = '{history.scripts.archive_command(history.archive)}'\n"
        )
        settings_file = primary.directory / "postgresql.auto.conf"
        primary.account.write(settings_file, settings)
        primary.start()
        upgrade(primary.url)
        # The running server does not read the file again, so the added settings affect only the servers that are
        # restored from the backup.
        primary.account.write(settings_file, settings + OF_FORMER_SERVERS)
        asyncio.run(record(history))
        primary.kill()
        yield history


async def record(history: History) -> None:
    """Make a backup while customers place orders. Then set the restore point, and place one more order."""
    primary = history.node
    async with shop_on(history) as web, connected(primary.url) as psql:
        mug = history.product = await web.product(stock=10_000)
        customer, staff = await web.customer(), await web.staff()
        history.customer = {"Authorization": customer.headers["Authorization"]}
        history.staff = {"Authorization": staff.headers["Authorization"]}

        async def order() -> str:
            number = len(history.kept)
            response = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key(f"{number}"))
            assert response.status_code == 201, response.text
            return str(response.json()["id"])

        history.kept.append(await order())
        await pay(web, history, history.kept[0], "tok_timeout")
        backup = asyncio.create_task(
            asyncio.to_thread(history.scripts.run, primary, "base-backup.sh", history.backup)
        )
        while not backup.done():
            history.kept.append(await order())
        await backup
        history.kept.append(await order())
        await publish(web, history.node)

        await psql.execute(f"SELECT pg_create_restore_point('{POINT}')")
        history.time = await psql.fetchval("SELECT clock_timestamp()")
        history.lost = await order()
        history.lost_payment = await pay(web, history, history.kept[1], "tok_ok")
        await publish(web, history.node)
        history.lost_event = await psql.fetchrow(LAST_EVENT)
        await archived(primary)


@asynccontextmanager
async def shop_on(history: History, node: Node | None = None) -> AsyncIterator[WebShop]:
    """Run the service on a server. The services on all servers use one payment provider."""
    container = container_on((node or history.node).url)
    container.payments.gateways.override({PaymentMethod.SANDBOX: history.gateway})
    async with web_shop(container) as web:
        yield web


async def pay(web: WebShop, history: History, order_id: str, token: str) -> str:
    response = await web.anonymous.post(
        f"/v1/orders/{order_id}/payments",
        json={"amount": history.product["price"], "method": "sandbox", "token": token},
        headers=history.customer | key(f"pay-{order_id}"),
    )
    assert response.status_code in {201, 202}, response.text
    return str(response.json()["id"])


async def publish(web: WebShop, node: Node) -> None:
    """Give every event a position in the feed."""
    async with connected(node.url) as psql:
        while await psql.fetchval("SELECT count(*) FROM outbox WHERE position IS NULL"):
            await web.container.database.event_feed().publish_new(limit=1000)


async def archived(node: Node) -> None:
    """Wait until the archive has the current write-ahead log."""
    async with connected(node.url) as psql, asyncio.timeout(SECONDS):
        last = await psql.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
        while not await psql.fetchval("SELECT last_archived_wal >= $1 FROM pg_stat_archiver", last):  # noqa: ASYNC110 - must poll, because the archiver sends no notification
            await asyncio.sleep(0.05)


@contextmanager
def prepared(history: History, *settings: str) -> Iterator[Node]:
    """Yield a server that recovers from the backup when it starts."""
    lost = history.node
    directory = lost.directory.with_name(f"restored-{uuid4().hex}")
    node = Node(directory.name, directory, lost.binaries, lost.account, lost.password)
    history.scripts.run(node, "restore-base-backup.sh", history.backup, history.archive, directory, *settings)
    try:
        yield node
    finally:
        node.kill()


@contextmanager
def restored(history: History, *settings: str) -> Iterator[Node]:
    """Start a server that recovers from the backup. Do not wait for the promotion of the server."""
    with prepared(history, *settings) as node:
        node.start()
        yield node


async def orders_after_recovery(node: Node) -> set[str]:
    """Wait until the server accepts writes. Return the ids of the orders on the server."""
    async with connected(node.url) as psql:
        async with asyncio.timeout(SECONDS):
            while await psql.fetchval("SELECT pg_is_in_recovery()"):  # noqa: ASYNC110 - must poll, because the promotion sends no notification
                await asyncio.sleep(0.05)
        return {str(row["id"]) for row in await psql.fetch("SELECT id FROM orders")}


@pytest.fixture(scope="module")
def at_point(history: History) -> Iterator[Node]:
    """A server that was restored to the named point."""
    with restored(history, f"recovery_target_name={POINT}") as node:
        yield node


async def test_restore_to_a_named_point_returns_all_earlier_orders_and_no_later_order(
    history: History, at_point: Node
) -> None:
    orders = await orders_after_recovery(at_point)

    assert orders & {*history.kept, history.lost} == set(history.kept)
    check = Program("check", [], {"STEELYARD_DATABASE_URL": at_point.url}, Path("unused")).run("check")
    assert (check.returncode, check.stderr) == (0, "")


async def test_retry_of_an_order_missing_from_the_backup_places_the_order_again(
    history: History, at_point: Node
) -> None:
    await orders_after_recovery(at_point)
    async with shop_on(history, at_point) as web:
        retried = await web.anonymous.post(
            "/v1/orders",
            json=order_body((history.product, 1)),
            headers=history.customer | key(f"{len(history.kept)}"),
        )
        lost = await web.anonymous.get(f"/v1/orders/{history.lost}", headers=history.customer)

    assert retried.status_code == 201
    assert retried.json()["id"] != history.lost
    assert lost.status_code == 404


async def test_restored_feed_gives_new_events_the_positions_of_lost_events(
    history: History, at_point: Node
) -> None:
    await orders_after_recovery(at_point)
    async with shop_on(history, at_point) as web, connected(at_point.url) as psql:
        first_free = 1 + await psql.fetchval("SELECT max(position) FROM outbox")
        await web.anonymous.post(
            "/v1/orders", json=order_body((history.product, 1)), headers=history.customer | key("next")
        )
        await publish(web, at_point)
        positions = [row["position"] for row in await psql.fetch("SELECT position FROM outbox")]
        after_lost = await web.anonymous.get(
            "/v1/events", params={"after": str(history.lost_event["id"])}, headers=history.staff
        )

    assert sorted(positions) == list(range(1, len(positions) + 1))
    assert first_free <= history.lost_event["position"]
    assert (after_lost.status_code, after_lost.json()["code"]) == (400, "invalid_cursor")


async def test_capture_is_recorded_after_a_restore_only_if_the_backup_has_the_payment(
    history: History, at_point: Node
) -> None:
    await orders_after_recovery(at_point)
    async with shop_on(history, at_point) as web, connected(at_point.url) as psql:
        await psql.execute("UPDATE payments SET inquire_at = now() WHERE status = 'pending'")
        await web.container.payments.settle_payments()(limit=10, actor=SOMEBODY)
        payments = {
            str(row["id"]): row["status"] for row in await psql.fetch("SELECT id, status FROM payments")
        }

    assert list(payments.values()) == ["captured"]
    assert {str(id_) for id_ in history.gateway.payments} - set(payments) == {history.lost_payment}


async def test_restore_to_a_timestamp_returns_all_earlier_orders_and_no_later_order(history: History) -> None:
    with restored(history, f"recovery_target_time={history.time}") as node:
        assert await orders_after_recovery(node) == set(history.kept)


async def test_restore_of_the_former_timeline_includes_orders_after_the_named_point(
    history: History, at_point: Node
) -> None:
    await orders_after_recovery(at_point)
    await archived(at_point)
    with restored(history, "recovery_target_timeline=1") as node:
        assert await orders_after_recovery(node) == {*history.kept, history.lost}


def test_server_stops_if_it_cannot_reach_the_recovery_target(history: History) -> None:
    with prepared(history, "recovery_target_name=never_created") as node:
        with suppress(AssertionError):  # `start` fails if the server stops before it accepts reads
            node.start()
        assert node.await_end(SECONDS) == 1


def test_base_backup_never_overwrites_an_existing_backup(history: History) -> None:
    refused = history.scripts.try_run(history.node, "base-backup.sh", history.backup)

    assert (refused.returncode, refused.stderr) == (1, f"{history.backup} exists\n")


@pytest.mark.parametrize(
    ("target", "setting", "message"),
    [
        ("base", "recovery_target_name=x", "{target} is not empty\n"),
        ("new", "archive_command=x", "not a recovery target: archive_command=x\n"),
    ],
)
def test_restore_script_rejects_nonempty_directories_and_archive_settings(
    history: History, target: str, setting: str, message: str
) -> None:
    directory = history.backup.with_name(target)
    refused = history.scripts.try_run(
        history.node, "restore-base-backup.sh", history.backup, history.archive, directory, setting
    )

    assert (refused.returncode, refused.stderr) == (1, message.format(target=directory))
