import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.embedded_postgres.layout import Layout
from tests.integration.embedded_postgres.actors import (
    LIMIT,
    Holder,
    await_nothing_running,
    await_that,
    embedded,
    hold,
    is_replaced,
    keep_a_row,
    kill,
    postmaster,
    rows,
    rows_when_it_is_back,
    start_holder,
    supervisors,
)

Victims = Callable[[Path, Holder], list[int]]

TRIES = 40
"""After a start was killed, the files of this start must be removed within this number of new starts."""


def clusters(data_dir: Path) -> list[str]:
    return [path.name for path in Layout(data_dir).home.glob("cluster*")]


def the_holder(data_dir: Path, holder: Holder) -> list[int]:
    return [holder.process.pid]


def the_supervisor(data_dir: Path, holder: Holder) -> list[int]:
    return [*supervisors(data_dir)]


def the_postmaster(data_dir: Path, holder: Holder) -> list[int]:
    return [postmaster(data_dir)]


def all_three(data_dir: Path, holder: Holder) -> list[int]:
    return [holder.process.pid, *supervisors(data_dir), postmaster(data_dir)]


@pytest.mark.parametrize("victims", [the_holder, the_supervisor, the_postmaster, all_three])
async def test_committed_rows_exist_after_all_processes_were_killed(data_dir: Path, victims: Victims) -> None:
    with hold(data_dir) as holder:
        kept = await keep_a_row(holder.url)
        kill(*victims(data_dir, holder))
    await_nothing_running(data_dir)

    with embedded(data_dir).lease() as url:
        assert await rows(url) == kept


@pytest.mark.parametrize("victims", [the_holder, the_supervisor, the_postmaster, all_three])
async def test_stored_rows_can_be_read_through_a_new_lease_after_processes_were_killed(
    data_dir: Path, victims: Victims
) -> None:
    with hold(data_dir) as holder:
        kept = await keep_a_row(holder.url)
        kill(*victims(data_dir, holder))

        with embedded(data_dir).lease() as url:
            assert await rows(url) == kept


@pytest.mark.parametrize("victims", [the_supervisor, the_postmaster])
async def test_lease_can_be_used_again_after_the_server_was_killed(data_dir: Path, victims: Victims) -> None:
    with hold(data_dir) as holder:
        kept = await keep_a_row(holder.url)
        server = postmaster(data_dir)

        kill(*victims(data_dir, holder))

        await_that(lambda: is_replaced(data_dir, server))
        assert await rows_when_it_is_back(holder.url) == kept


async def test_lease_can_be_used_again_after_the_socket_was_deleted(data_dir: Path) -> None:
    with hold(data_dir) as holder:
        kept = await keep_a_row(holder.url)
        for file in Layout(data_dir).socket.iterdir():
            file.unlink()

        assert await rows_when_it_is_back(holder.url) == kept


async def test_database_starts_after_the_first_start_was_killed_during_initdb(new_data_dir: Path) -> None:
    data_dir = new_data_dir
    starting = start_holder(data_dir)
    await_that(lambda: any(Layout(data_dir).home.glob("cluster.*/PG_VERSION")))
    kill(starting.pid, *supervisors(data_dir))
    starting.communicate(timeout=LIMIT)
    assert not Layout(data_dir).cluster.exists()

    with embedded(data_dir).lease() as url:
        kept = await keep_a_row(url)
        assert await rows(url) == kept
    # After the kill, initdb still runs for a while and creates more files. A start after the end of initdb removes
    # all of these files.
    for _ in range(TRIES):
        with embedded(data_dir).lease() as url:
            assert await rows(url) == kept
        if clusters(data_dir) == ["cluster"]:
            break
        await asyncio.sleep(0.5)
    assert clusters(data_dir) == ["cluster"]
