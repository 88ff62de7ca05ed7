"""The upper limit of throughput: pgbench sends the peers' statements directly to PostgreSQL.

There is no HTTP and no JSON, and no business rules are applied.
"""

import re
import subprocess
import tempfile
from pathlib import Path
from statistics import quantiles

from benchmarks.contenders import PEERS
from benchmarks.database import Server
from benchmarks.load import Measurement, Workload
from benchmarks.processes import inherited_environment
from benchmarks.shop import Shop

CLIENTS = 8
"""The number of clients.

Fewer clients would leave the two cores idle while all clients wait for the disk. More clients would only wait for a
core.
"""

_PLACE = """
SELECT body FROM place_order(
    (SELECT id FROM bench_ids WHERE kind = 'customer' AND n = :customer), gen_random_uuid()::text, '\\x00',
    gen_random_uuid(), left(gen_random_uuid()::text, 14), gen_random_uuid(), 'pgbench', {lines},
    {products}, {quantities});
"""
_ID = "(SELECT id FROM bench_ids WHERE kind = '{kind}' AND n = :{name})"


def prepare(server: Server, database: str, shop: Shop) -> None:
    """Assign a number to each id of the shop, because variables of pgbench can only be numbers."""
    server.execute(
        "CREATE TABLE bench_ids (kind text, n bigint, id uuid, PRIMARY KEY (kind, n))", database=database
    )
    kinds = {
        "customer": shop.customers,
        "product": shop.products,
        "order": [order for order, _ in shop.orders],
    }
    for kind, ids in kinds.items():
        server.query(
            "INSERT INTO bench_ids SELECT $1, n, id FROM unnest($2::uuid[]) WITH ORDINALITY AS given (id, n)",
            kind,
            ids,
            database=database,
        )


def run(server: Server, database: str, workload: Workload, shop: Shop, *, seconds: float) -> Measurement:
    """Run one workload's statements for some seconds. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "script.sql"
        script.write_text(_script(workload.name, shop))
        command = [
            "pgbench",
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={CLIENTS}",
            f"--time={max(1, round(seconds))}",
            "--log",
            f"--log-prefix={directory}/log",
            f"--file={script}",
        ]
        environment = server.environment_of(database)
        output = subprocess.run(  # noqa: S603 - the arguments are constants
            command, check=True, capture_output=True, text=True, env=inherited_environment() | environment
        ).stdout
        latencies = [
            int(line.split()[2]) / 1000
            for log in Path(directory).glob("log.*")
            for line in log.read_text().splitlines()
        ]
    processed, rate = _found(r"actually processed: (\d+)", output), _found(r"tps = ([\d.]+)", output)
    percentiles = quantiles(latencies, n=100)
    return Measurement(
        requests=int(processed),
        seconds=int(processed) / float(rate),
        p50_ms=percentiles[49],
        p99_ms=percentiles[98],
        max_ms=max(latencies),
        refused=0,
        lost=0,
        timeouts=0,
    )


def _script(name: str, shop: Shop) -> str:
    variables = (
        f"\\set customer random(1, {len(shop.customers)})\n"
        f"\\set product random(1, {len(shop.products) - 1})\n"
        f"\\set next :product + 1\n"
        f"\\set one 1\n"
        f"\\set order random(1, {len(shop.orders)})\n"
        f"\\set limit 21\n"
    )
    ids = {kind: _ID.format(kind=kind, name=kind) for kind in ("product", "order")}
    if name in {"product", "order"}:
        return variables + _peers(name).replace("$1", ids[name]) + ";\n"
    if name == "page":
        return variables + _peers(name).replace("$1", ":limit") + ";\n"
    products = ("product", "next") if name == "place" else ("one",)
    return variables + _PLACE.format(
        lines=f"ARRAY[{', '.join('gen_random_uuid()' for _ in products)}]",
        products=f"ARRAY[{', '.join(_ID.format(kind='product', name=name) for name in products)}]",
        quantities=f"ARRAY[{', '.join(str(number) for number in range(1, len(products) + 1))}]::bigint[]",
    )


def _peers(name: str) -> str:
    return (PEERS / "sql" / f"{name}.sql").read_text().rstrip()


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError("pgbench said something new")
    return match[1]
