import os
import subprocess
from collections.abc import Mapping

from tests.e2e.serving import CHECKOUT, PROGRAM, free_port, serving
from tests.kit.children import run
from tests.servers.pgbouncer import pgbouncer

REFUSAL = (
    "Error: STEELYARD_DATABASE_URL leads to a connection pooler. Set STEELYARD_DATABASE_POOLER=pgbouncer."
)


def run_command(environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run([*PROGRAM, *arguments], check=False, env=environment, cwd=CHECKOUT)


def test_service_can_be_restarted_behind_pgbouncer(empty_database_url: str) -> None:
    environment: Mapping[str, str] = {}
    with pgbouncer(empty_database_url) as pooler:
        for _ in range(3):
            with serving(
                pooler.url, with_worker=False, database_pooler="pgbouncer", log_level="warning"
            ) as service:
                environment = service.environment
                service.await_answer()
                code, output = service.interrupt()
            assert code == 0
            assert "Traceback" not in output, output
        checked = run_command(environment, "check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_connection_pooler_without_the_required_setting_is_reported_in_one_line(
    empty_database_url: str,
) -> None:
    with pgbouncer(empty_database_url) as pooler:
        environment = {"PATH": os.environ["PATH"], "STEELYARD_DATABASE_URL": pooler.url}
        commands = ("serve", "--port", str(free_port())), ("worker",), ("check",)
        refused = [run_command(environment, *command) for command in commands]
    assert [each.returncode for each in refused] == [2, 2, 2]
    assert [each.stderr.splitlines() for each in refused] == [[REFUSAL]] * 3
