import json
import re
import shlex
import sys

from tests.e2e.serving import CHECKOUT, Service, serving
from tests.kit.children import run


def test_commands_of_the_readme_place_and_fulfill_an_order(empty_database_url: str) -> None:
    with serving(empty_database_url, log_level="warning") as service:
        service.await_answer()
        output = run_commands(service)
        service.interrupt()
    fulfillment = json.loads("{" + output.rpartition("}{")[2])
    assert [line["quantity"] for line in fulfillment["lines"]] == [2]


def run_commands(service: Service) -> str:
    readme = (CHECKOUT / "README.md").read_text()
    [commands] = re.findall(r"```bash\n(.*?)```", readme, re.DOTALL)
    commands = commands.replace("http://127.0.0.1:8000", service.address.url)
    commands = commands.replace(".venv/bin/python", shlex.quote(sys.executable))
    shell = ["/usr/bin/env", "bash", "-euo", "pipefail", "-c", commands]
    return run(shell, cwd=CHECKOUT, env=service.environment).stdout
