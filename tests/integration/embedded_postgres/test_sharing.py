import asyncio
import os
import signal
from pathlib import Path

from adapters.embedded_postgres.layout import Layout
from tests.integration.embedded_postgres.actors import (
    LIMIT,
    await_nothing_running,
    embedded,
    hold,
    holder_of,
    keep_a_row,
    postmaster,
    rows,
    start_holder,
    supervisors,
)
from tests.servers.embedded import is_free


async def test_rows_stored_through_one_lease_can_be_read_through_a_second_lease(data_dir: Path) -> None:
    with embedded(data_dir).lease() as url:
        kept = await keep_a_row(url)
    await_nothing_running(data_dir)

    with embedded(data_dir).lease() as url:
        assert await rows(url) == kept


async def test_shared_server_ends_when_the_last_process_that_uses_it_ends(data_dir: Path) -> None:
    with hold(data_dir) as first, hold(data_dir) as second:
        assert first.url == second.url
        server = postmaster(data_dir)
        kept = await keep_a_row(first.url)

        first.leave()

        assert await rows(second.url) == kept
        assert postmaster(data_dir) == server
        assert not is_free(Layout(data_dir).server_lock)

        second.leave()

        await_nothing_running(data_dir)


async def test_processes_started_at_the_same_time_share_one_server(new_data_dir: Path) -> None:
    data_dir = new_data_dir
    starting = [start_holder(data_dir) for _ in range(4)]
    holders = [holder_of(process) for process in starting]

    assert [await keep_a_row(holder.url) for holder in holders] == [1, 2, 3, 4]

    for holder in holders:
        holder.leave()
    await_nothing_running(data_dir)


async def test_lease_requested_while_the_server_stops_gets_a_running_server(data_dir: Path) -> None:
    with embedded(data_dir).lease() as url:
        kept = await keep_a_row(url)
    for pause in (0, 0.1, 0.15, 0.2, 0.25, 0.3):  # a supervisor polls every 0.2 seconds
        await asyncio.sleep(pause)
        with embedded(data_dir).lease() as url:
            assert await rows(url) == kept
            kept = await keep_a_row(url)


async def test_ctrl_c_in_one_process_does_not_stop_the_server_of_other_processes(data_dir: Path) -> None:
    with hold(data_dir) as first, hold(data_dir) as second:
        server = postmaster(data_dir)
        first.process.send_signal(signal.SIGINT)
        first.process.wait(LIMIT)

        await keep_a_row(second.url)

        assert postmaster(data_dir) == server


async def test_supervisor_stops_only_after_the_last_lease_is_released(data_dir: Path) -> None:
    with hold(data_dir) as holder:
        server = postmaster(data_dir)
        (supervisor,) = supervisors(data_dir)
        os.kill(supervisor, signal.SIGTERM)
        await asyncio.sleep(0.5)

        await keep_a_row(holder.url)
        assert supervisors(data_dir) == [supervisor]
        assert postmaster(data_dir) == server

        holder.leave()
        await_nothing_running(data_dir)
