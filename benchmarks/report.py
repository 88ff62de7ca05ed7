"""Results as tables of figures and ratios, on the terminal, in Markdown and in JSON."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import WORKLOADS

RESULTS = Path(__file__).parent / "results"
CEILING = "pgbench"
"""The contender that sends statements directly to PostgreSQL. The throughput of this contender is the upper limit."""
SERVICE_CONTENDERS = ("steelyard", "steelyard-2")
"""The service in one process, and the service with one process per core."""

Table = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Medians by contender and workload. Results before 2026-11-30 have no CPU times."""
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `medians` are the medians of all rounds, and `rounds` is the number of rounds.

    In each round, the contenders ran one after the other, each for `seconds` per workload. `titles` and `pools`
    contain the title and the pool size of each contender, by the contender's name.
    """

    machine: Mapping[str, str]
    rounds: int
    seconds: float
    connections: int
    titles: Mapping[str, str]
    pools: Mapping[str, int]
    medians: Table

    def costs(self) -> Rows:
        def cost(_: str, of: Mapping[str, float]) -> str:
            return f"{of['server_us']:.0f} + {of['database_us']:.0f}" if "server_us" in of else ""

        return self._rows("CPU µs, server + PostgreSQL", cost)

    def cost_ratios(self, name: str) -> Rows:
        """Return the CPU time of the contender `name` divided by the CPU time of each peer.

        Both CPU times include the CPU time of PostgreSQL.
        """
        ours = self.medians.get(name, {})

        def ratio(workload: str, theirs: Mapping[str, float]) -> str:
            if workload not in ours or "server_us" not in theirs:
                return ""
            return f"{_cost(ours[workload]) / _cost(theirs):.2f}"

        return self._rows(
            f"CPU time of {self.titles.get(name, name)} as a multiple of",
            ratio,
            without=(*SERVICE_CONTENDERS, CEILING),
        )

    def figures(self) -> Rows:
        return self._rows("requests/s", lambda _, of: f"{of['per_second']:,.0f}")

    def latencies(self) -> Rows:
        return self._rows("p50 / p99, ms", lambda _, of: f"{of['p50_ms']:.1f} / {of['p99_ms']:.0f}")

    def ratios(self, name: str) -> Rows:
        """Return the throughput of the contender `name` divided by the throughput of each peer.

        The ratios of the p99 latencies are in parentheses.
        """
        ours = self.medians.get(name, {})

        def ratio(workload: str, theirs: Mapping[str, float]) -> str:
            if workload not in ours or not theirs["per_second"] or not theirs["p99_ms"]:
                return ""
            faster = ours[workload]["per_second"] / theirs["per_second"]
            slowest = ours[workload]["p99_ms"] / theirs["p99_ms"]
            return f"{faster:.2f}x ({slowest:.2f}x)"

        return self._rows(f"{self.titles.get(name, name)} against (p99)", ratio, without=SERVICE_CONTENDERS)

    def tables(self) -> Sequence[Rows]:
        """Return the tables that are not empty."""
        ours = [name for name in SERVICE_CONTENDERS if name in self.medians]
        tables = (
            self.costs(),
            *(self.cost_ratios(name) for name in ours),
            self.figures(),
            self.latencies(),
            *(self.ratios(name) for name in ours),
        )
        return [rows for rows in tables if len(rows) > 1]

    def markdown(self) -> str:
        tables = "\n\n".join(map(markdown_table, self.tables()))
        return f"# Measured on {self.machine['date']}\n\n{tables}\n\n{self.conditions()}\n"

    def conditions(self) -> str:
        """Describe the machine and the conditions of the measurement, in Markdown."""
        facts = "\n".join(f"- {name}: {value}" for name, value in self.machine.items())
        pools = "; ".join(f"{self.titles[name]}: {size}" for name, size in self.pools.items())
        return (
            f"Medians of {self.rounds} alternating rounds of {self.seconds:g} s with {self.connections} connections. "
            "Each contender has one process unless its name says otherwise, and all programs run on one machine. The CPU "
            "time is the user and system time per response. Each process has this number of database connections: "
            f"{pools}.\n\n{facts}"
        )

    def write(self) -> Path:
        """Write the report into the directory of earlier reports. Return the Markdown file."""
        RESULTS.mkdir(exist_ok=True)
        stem = self.machine["date"].removesuffix(" UTC").replace(" ", "-").replace(":", "")
        content = {name: getattr(self, name) for name in self.__slots__}
        (RESULTS / f"{stem}.json").write_text(json.dumps(content, indent=1) + "\n")
        file = RESULTS / f"{stem}.md"
        file.write_text(self.markdown())
        return file

    def _rows(
        self,
        corner: str,
        show: Callable[[str, Mapping[str, float]], str],
        *,
        without: Collection[str] = (),
    ) -> Rows:
        columns = [work for work in WORKLOADS if any(work.name in of for of in self.medians.values())]
        rows = (
            [
                self.titles.get(name, name),
                *(show(work.name, of[work.name]) if work.name in of else "" for work in columns),
            ]
            for name, of in self.medians.items()
            if name not in without
        )
        return [[corner, *(work.title for work in columns)], *(row for row in rows if any(row[1:]))]


def _cost(of: Mapping[str, float]) -> float:
    return of["server_us"] + of["database_us"]


def newest() -> Report:
    """Read the newest report. Raises FileNotFoundError."""
    files = sorted(RESULTS.glob("*.json"))
    if not files:
        raise FileNotFoundError("There is no result yet: run `make bench`.")
    return Report(**json.loads(files[-1].read_text()))


def markdown_table(rows: Rows) -> str:
    head, *body = rows
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *body))
