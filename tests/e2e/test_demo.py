import re

from tests.e2e.serving import CHECKOUT, PROGRAM, Service, serving
from tests.kit.children import run


def test_second_demo_run_adds_no_orders_and_passes_reconciliation(empty_database_url: str) -> None:
    with serving(empty_database_url, rate_limit_enabled="false", log_level="warning") as service:
        service.await_answer()
        first, second = demo(service), demo(service)
        service.interrupt()
    assert "Orders: 830 new, 0 replayed, 0 rejected" in first
    assert "Orders: 0 new, 830 replayed, 0 rejected" in second
    assert (
        "Then: 332 captured, 8 captured with 3-D Secure, 83 declined, 83 partly cancelled, 249 refunded, "
        "83 returned, 257 shipped, 0 replayed, 0 rejected"
    ) in " ".join(first.split())
    assert "Then: nothing new, 1095 replayed, 0 rejected" in second
    for output in (first, second):
        assert "1,449,367.31 USD   1,449,367.31 USD   ✓" in output
        assert "622,525.19 USD     622,525.19 USD   ✓" in output
        assert "20,840.36 USD      20,840.36 USD   ✓" in output
        assert re.search(r"Rules that always hold +10 +10 +✓", output)
        assert output.endswith("Every order, every cent and every unit is accounted for.\n")


def demo(service: Service) -> str:
    return run([*PROGRAM, "demo"], cwd=CHECKOUT, env=service.environment | {"COLUMNS": "100"}).stdout
