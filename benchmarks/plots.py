"""Bar charts of a report, as self-contained SVG files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.load import WORKLOADS
from benchmarks.report import SERVICE_CONTENDERS, Report

IMAGES = Path("docs/images")

PANEL_WIDTH = 470
COLUMNS = 2
BAR, GAP, TITLE = 16, 5, 30
LABEL_WIDTH = 178
LONGEST_BAR = 180
MARGIN = 16
OUR_COLORS, PEER_COLORS = ("#1f6feb", "#a5c8ff"), ("#7d8590", "#c9d1d9")
"""The colors of the first and the second part of a bar."""
INK, PAPER = "#1f2328", "#ffffff"


@dataclass(frozen=True, slots=True)
class Panel:
    """The chart of one workload.

    For each contender, `bars` contains a label, the parts of the bar, and whether the bar is that of this service.
    """

    title: str
    bars: Sequence[tuple[str, Sequence[float], bool]]

    @property
    def height(self) -> int:
        return TITLE + len(self.bars) * (BAR + GAP) + MARGIN


@dataclass(frozen=True, slots=True)
class Chart:
    file: Path
    caption: str


def draw(report: Report) -> Iterator[Chart]:
    """Write charts of CPU time, throughput and latency. Yield the file and caption of each chart."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    note = f"{report.machine['cores']} cores shared by server, PostgreSQL and wrk; {report.connections} connections"
    charts = {
        "cpu": (
            ("server_us", "database_us"),
            "CPU microseconds per response, server + PostgreSQL; less is better.",
        ),
        "throughput": (("per_second",), "Requests per second."),
        "p99": (("p99_ms",), "Milliseconds of the 99th percentile; less is better."),
    }
    for name, (figures, caption) in charts.items():
        if panels := list(_panels(report, figures)):
            file = IMAGES / f"benchmark-{name}.svg"
            file.write_text(_picture(panels, f"{caption} {note}"))
            yield Chart(file, caption)


def _panels(report: Report, figures: Sequence[str]) -> Iterator[Panel]:
    for workload in WORKLOADS:
        bars = [
            (
                report.titles.get(name, name),
                [of[workload.name][figure] for figure in figures],
                name in SERVICE_CONTENDERS,
            )
            for name, of in report.medians.items()
            if workload.name in of and figures[0] in of[workload.name]
        ]
        if bars:
            yield Panel(workload.title, bars)


def _picture(panels: Sequence[Panel], caption: str) -> str:
    rows = [panels[start : start + COLUMNS] for start in range(0, len(panels), COLUMNS)]
    drawn: list[str] = []
    top = MARGIN
    for row in rows:
        for column, panel in enumerate(row):
            drawn += _drawn(panel, MARGIN + column * PANEL_WIDTH, top)
        top += max(panel.height for panel in row)
    width, height = MARGIN + COLUMNS * PANEL_WIDTH, top + 2 * MARGIN
    drawn.append(_text(MARGIN, top + MARGIN, caption, size=12))
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
                f' viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" fill="{INK}">'
            ),
            f"<title>{escape(caption)}</title>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _drawn(panel: Panel, left: int, top: int) -> Iterator[str]:
    yield _text(left, top + BAR, panel.title, size=14, weight="bold")
    most = max(sum(parts) for _, parts, _ in panel.bars) or 1
    for number, (label, parts, is_ours) in enumerate(panel.bars):
        y = top + TITLE + number * (BAR + GAP)
        weight = "bold" if is_ours else "normal"
        yield _text(left, y + BAR - 4, label, size=12, weight=weight)
        x = left + LABEL_WIDTH
        for part, color in zip(parts, OUR_COLORS if is_ours else PEER_COLORS, strict=False):
            length = max(1, round(LONGEST_BAR * part / most))
            yield f'<rect x="{x}" y="{y}" width="{length}" height="{BAR}" rx="2" fill="{color}"/>'
            x += length
        yield _text(x + 5, y + BAR - 4, " + ".join(f"{part:,.0f}" for part in parts), size=12, weight=weight)


def _text(x: int, y: int, text: str, *, size: int, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}">{escape(text)}</text>'
