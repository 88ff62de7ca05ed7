"""Bar charts of a report, as self-contained SVG files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.load import WORKLOADS
from benchmarks.report import SERVICE_CONTENDERS, Report

THROUGHPUT = Path("docs/images/benchmark-throughput.svg")
LATENCY = Path("docs/images/benchmark-p99.svg")

PANEL_WIDTH = 470
COLUMNS = 2
BAR, GAP, TITLE = 16, 5, 30
LABEL_WIDTH = 178
LONGEST_BAR = 210
MARGIN = 16
OURS_COLOUR, THEIRS_COLOUR, INK, PAPER = "#1f6feb", "#9aa4af", "#1f2328", "#ffffff"


@dataclass(frozen=True, slots=True)
class Panel:
    """The chart of one workload.

    It has a title, and for each contender a label, a figure and whether the contender is this service.
    """

    title: str
    bars: Sequence[tuple[str, float, bool]]

    @property
    def height(self) -> int:
        return TITLE + len(self.bars) * (BAR + GAP) + MARGIN


def draw(report: Report) -> None:
    """Write the charts of throughput and of latency."""
    THROUGHPUT.parent.mkdir(parents=True, exist_ok=True)
    note = f"{report.machine['cores']} cores shared by server, PostgreSQL and wrk; {report.connections} connections"
    THROUGHPUT.write_text(_picture(list(_panels(report, "per_second")), f"Requests per second. {note}"))
    LATENCY.write_text(
        _picture(
            list(_panels(report, "p99_ms")), f"Milliseconds of the 99th percentile, less is better. {note}"
        )
    )


def _panels(report: Report, figure: str) -> Iterator[Panel]:
    for workload in WORKLOADS:
        bars = [
            (report.titles.get(name, name), of[workload.name][figure], name in SERVICE_CONTENDERS)
            for name, of in report.medians.items()
            if workload.name in of
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
    most = max(figure for _, figure, _ in panel.bars) or 1
    for number, (label, figure, is_ours) in enumerate(panel.bars):
        y = top + TITLE + number * (BAR + GAP)
        length = max(1, round(LONGEST_BAR * figure / most))
        weight = "bold" if is_ours else "normal"
        yield _text(left, y + BAR - 4, label, size=12, weight=weight)
        yield (
            f'<rect x="{left + LABEL_WIDTH}" y="{y}" width="{length}" height="{BAR}" rx="2"'
            f' fill="{OURS_COLOUR if is_ours else THEIRS_COLOUR}"/>'
        )
        yield _text(left + LABEL_WIDTH + length + 5, y + BAR - 4, f"{figure:,.0f}", size=12, weight=weight)


def _text(x: int, y: int, text: str, *, size: int, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}">{escape(text)}</text>'
