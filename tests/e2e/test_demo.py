import re
import subprocess
import sys

from tests.e2e.serving import CHECKOUT, Service, serving


def test_demo_run_twice_reconciles_and_adds_nothing(empty_database_url: str) -> None:
    with serving(empty_database_url, rate_limit_enabled="false", log_level="warning") as service:
        service.await_answer()
        first, second = demo(service), demo(service)
        service.interrupt()
    assert "Orders: 830 new, 0 replayed, 0 rejected" in first
    assert "Orders: 0 new, 830 replayed, 0 rejected" in second
    assert "Then: 332 captured, 83 declined, 166 refunded, 249 shipped, 0 replayed, 0 rejected" in first
    assert "Then: nothing new, 830 replayed, 0 rejected" in second
    for output in (first, second):
        assert "1,449,367.31 USD   1,449,367.31 USD   ✓" in output
        assert "603,200.87 USD     603,200.87 USD   ✓" in output
        assert "18,591.45 USD      18,591.45 USD   ✓" in output
        assert re.search(r"Rules that always hold +10 +10 +✓", output)
        assert output.endswith("Every order, every cent and every unit is accounted for.\n")


def demo(service: Service) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "entrypoints", "demo"],
        check=False,
        cwd=CHECKOUT,
        env=service.environment | {"COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout
