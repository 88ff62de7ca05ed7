"""Draw the metrics of a service under changing load, from one scrape per second."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.contenders import BUILD, steelyard
from benchmarks.database import Server
from benchmarks.load import WORKLOADS, put_under_load
from benchmarks.processes import free_port
from benchmarks.shop import Shop

PICTURE = Path("docs/images/metrics-under-load.svg")
LOW_RATE, BURST_CONNECTIONS = 20, 200
"""Orders per second outside the burst, and the number of connections in the burst."""

DURATION, WAIT = "http_server_request_duration_seconds", "steelyard_queue_wait_seconds"
ACCEPTED = "201"
POOL = "db_client_connection_count"

Samples = Mapping[str, float]
Line = Sequence[tuple[float, float]]
"""The points of a line. A point is the seconds since the start of the study, and the value at that time."""


@dataclass(frozen=True, slots=True)
class Scrape:
    at: float
    orders: Samples
    """The number of requests to place an order, by the status of the response."""
    durations: Samples
    """For each upper bound of a duration, the number of orders that were placed within this duration."""
    waits: Samples
    batches: float
    batched: float
    active: float
    connections: float
    unpublished: float
    """The number of seconds for which the oldest unpublished event has waited."""


def record(server: Server, database: str, shop: Shop, *, seconds: float) -> Sequence[Scrape]:
    """Place orders at a low rate, in a burst, and again at the low rate.

    Each phase takes `seconds`.
    """
    data, port = (BUILD / "data").resolve(), free_port()
    shop.write_to(data)
    place = next(workload for workload in WORKLOADS if workload.name == "place")
    service = steelyard()
    with_worker = replace(service, command=[word for word in service.command if word != "--no-worker"])
    settings = {"STEELYARD_METRICS_PORT": str(port), "STEELYARD_RATE_LIMIT_ENABLED": "false"}
    scrapes: list[Scrape] = []
    ended = threading.Event()
    with with_worker.running(server, database, shop, extra=settings) as running:
        scraping = threading.Thread(target=_scrape_until, args=(ended, port, scrapes))
        scraping.start()
        for connections, rate in ((64, LOW_RATE), (BURST_CONNECTIONS, 0), (64, LOW_RATE)):
            put_under_load(
                running.url, place, data, seconds=seconds, connections=connections, rate=rate, timeout=10
            )
        ended.set()
        scraping.join()
    return scrapes


def _scrape_until(ended: threading.Event, port: int, scrapes: list[Scrape]) -> None:
    began = monotonic()
    while not ended.wait(1):
        with urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            scrapes.append(_read(response.read().decode(), monotonic() - began))


def _read(text: str, at: float) -> Scrape:
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = sample.labels
            if family.name == DURATION and labels["http_route"] != "/v1/orders":
                continue
            if sample.name == f"{DURATION}_bucket" and labels["http_response_status_code"] != ACCEPTED:
                continue
            key = labels.get("le") or labels.get("http_response_status_code") or labels.get("queue") or ""
            found[sample.name + labels.get("db_client_connection_state", "")][key] += sample.value
    return Scrape(
        at,
        orders=found[f"{DURATION}_count"],
        durations=found[f"{DURATION}_bucket"],
        waits=found[f"{WAIT}_bucket"],
        batches=sum(found["steelyard_batch_size_count"].values()),
        batched=sum(found["steelyard_batch_size_sum"].values()),
        active=found["http_server_active_requests"][""],
        connections=found[f"{POOL}used"][""],
        unpublished=found["steelyard_backlog_oldest_seconds"]["unpublished_events"],
    )


def draw(scrapes: Sequence[Scrape]) -> None:
    """Draw the scrapes as an SVG file."""
    pairs = list(pairwise(scrapes))
    statuses = sorted(scrapes[-1].orders)
    panels: list[tuple[str, dict[str, Line]]] = [
        (
            "Orders per second by status",
            {status: [(b.at, _rate(a, b, status)) for a, b in pairs] for status in statuses},
        ),
        (
            "Duration of accepted orders in ms",
            {
                f"p{share * 100:g}": [
                    (b.at, 1000 * _quantile(share, a.durations, b.durations)) for a, b in pairs
                ]
                for share in (0.5, 0.99)
            },
        ),
        ("Active requests", {"active": [(scrape.at, scrape.active) for scrape in scrapes]}),
        (
            "Orders in a batch, mean",
            {"orders": [(b.at, (b.batched - a.batched) / (b.batches - a.batches or 1)) for a, b in pairs]},
        ),
        (
            "Wait for a batch in ms",
            {"p95": [(b.at, 1000 * _quantile(0.95, a.waits, b.waits)) for a, b in pairs]},
        ),
        (
            "Connections in use, and lag of the feed in s",
            {
                "connections": [(scrape.at, scrape.connections) for scrape in scrapes],
                "lag": [(scrape.at, scrape.unpublished) for scrape in scrapes],
            },
        ),
    ]
    PICTURE.write_text(_picture(panels))


def _rate(before: Scrape, after: Scrape, status: str) -> float:
    return (after.orders[status] - before.orders.get(status, 0)) / (after.at - before.at)


def _quantile(share: float, before: Samples, after: Samples) -> float:
    """Return a quantile of the observations between two scrapes, as `histogram_quantile` does."""
    counts = [(float(bound), count - before.get(bound, 0)) for bound, count in after.items()]
    counts.sort()
    wanted, lower, below = share * (counts[-1][1] if counts else 0), 0.0, 0.0
    for bound, count in counts:
        if count >= wanted and count > below:
            inside = (wanted - below) / (count - below)
            return lower if bound == float("inf") else lower + (bound - lower) * inside
        lower, below = bound, count
    return 0.0


WIDTH, HEIGHT, COLUMNS, MARGIN = 330, 150, 3, 40
COLORS = ("#1f6feb", "#d1242f", "#9a6700", "#1a7f37", "#8250df", "#57606a")
CAPTION = f"Orders at {LOW_RATE} per second, then from {BURST_CONNECTIONS} connections as fast as possible, then at {LOW_RATE} per second."


def _picture(panels: Sequence[tuple[str, Mapping[str, Line]]]) -> str:
    rows = -(-len(panels) // COLUMNS)
    width, height = COLUMNS * (WIDTH + MARGIN) + MARGIN, rows * (HEIGHT + 2 * MARGIN) + MARGIN
    drawn = [
        line
        for number, (title, lines) in enumerate(panels)
        for line in _panel(
            title,
            lines,
            MARGIN + number % COLUMNS * (WIDTH + MARGIN),
            MARGIN + number // COLUMNS * (HEIGHT + 2 * MARGIN),
        )
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
            f"<title>{escape(CAPTION)}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *drawn,
            f'<text x="{MARGIN}" y="{height - 12}">{escape(CAPTION)}</text>',
            "</svg>\n",
        ]
    )


def _panel(title: str, lines: Mapping[str, Line], left: float, top: float) -> Iterator[str]:
    most = max((value for line in lines.values() for _, value in line), default=0) or 1
    last = max((at for line in lines.values() for at, _ in line), default=0) or 1
    yield f'<text x="{left}" y="{top - 10}" font-weight="bold">{escape(title)}</text>'
    yield f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#d0d7de"/>'
    yield f'<text x="{left - 4}" y="{top + 10}" text-anchor="end">{most:,.0f}</text>'
    yield f'<text x="{left + WIDTH}" y="{top + HEIGHT + 14}" text-anchor="end">{last:.0f} s</text>'
    for number, (name, line) in enumerate(lines.items()):
        color = COLORS[number % len(COLORS)]
        points = " ".join(
            f"{left + WIDTH * at / last:.1f},{top + HEIGHT * (1 - value / most):.1f}" for at, value in line
        )
        yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        yield f'<text x="{left + 90 * number}" y="{top + HEIGHT + 14}" fill="{color}">{escape(name)}</text>'
