import re

from tests.e2e.serving import CHECKOUT, PROGRAM, Service, serving
from tests.kit.children import run

ORDERS = 60
"""The first 60 orders contain every kind of planned action. `make demo` places all 830 orders."""


def test_second_run_of_the_demo_adds_no_orders_and_passes_reconciliation(empty_database_url: str) -> None:
    with serving(empty_database_url, rate_limit_enabled="false", log_level="warning") as service:
        service.await_answer()
        first, second = demo(service), demo(service)
        service.interrupt()
    assert f"Orders: {ORDERS} new, 0 replayed, 0 rejected" in first
    assert f"Orders: 0 new, {ORDERS} replayed, 0 rejected" in second
    assert (
        "Then: 24 captured, 1 captured with 3-D Secure, 6 declined, 6 partly canceled, 18 refunded, "
        "6 returned, 19 shipped, 0 replayed, 0 rejected"
    ) in " ".join(first.split())
    assert "Then: nothing new, 80 replayed, 0 rejected" in second
    for output in (first, second):
        assert "92,849.04 USD   92,849.04 USD   ✓" in output
        assert "47,767.80 USD   47,767.80 USD   ✓" in output
        assert "1,479.21 USD    1,479.21 USD   ✓" in output
        assert re.search(r"Rules that always hold +10 +10 +✓", output)
        assert output.endswith("Every order, every cent and every unit is accounted for.\n")


def demo(service: Service) -> str:
    command = [*PROGRAM, "demo", "--orders", str(ORDERS)]
    return run(command, cwd=CHECKOUT, env=service.environment | {"COLUMNS": "100"}).stdout
