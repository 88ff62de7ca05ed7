import subprocess
from collections.abc import Mapping

import pytest

from tests.e2e.serving import CHECKOUT, PROGRAM, START_SECONDS, serving
from tests.kit.children import run
from tests.servers.pgbouncer import pgbouncer

REFUSAL = (
    "Error: STEELYARD_DATABASE_URL leads to a connection pooler. Set STEELYARD_DATABASE_POOLER=pgbouncer."
)


def run_command(environment: Mapping[str, str], command: str) -> "subprocess.CompletedProcess[str]":
    return run([*PROGRAM, command], check=False, env=environment, cwd=CHECKOUT)


def test_service_can_be_restarted_behind_pgbouncer(empty_database_url: str) -> None:
    environment: Mapping[str, str] = {}
    with pgbouncer(empty_database_url) as pooler:
        for _ in range(3):
            with serving(pooler.url, database_pooler="pgbouncer", log_level="warning") as service:
                environment = service.environment
                service.await_answer()
                code, output = service.interrupt()
            assert code == 0
            assert "Traceback" not in output, output
        checked = run_command(environment, "check")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("command", ["serve", "worker", "check"])
def test_pooler_without_the_pooler_setting_is_reported_in_one_line(
    empty_database_url: str, command: str
) -> None:
    with pgbouncer(empty_database_url) as pooler, serving(pooler.url) as service:
        service.process.communicate(timeout=START_SECONDS)
        refused = run_command(service.environment, command)
    assert (service.process.returncode, refused.returncode) == (2, 2)
    assert refused.stderr.splitlines() == [REFUSAL]
