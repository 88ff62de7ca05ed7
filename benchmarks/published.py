"""Write the charts and tables of a report into the docs, between two HTML comments."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.plots import Chart
from benchmarks.report import SERVICE_CONTENDERS, Report, markdown_table

PERFORMANCE = Path("docs/performance.md")
README = Path("README.md")
START = "<!-- begin: written by `python -m benchmarks plot` -->"
END = "<!-- end -->"


def publish(report: Report, charts: Sequence[Chart]) -> Iterator[Path]:
    """Replace the results in the docs by those of this report, and yield the changed files.

    The README has the first chart and the first table.
    """
    service, _ = SERVICE_CONTENDERS
    tables = [
        markdown_table(rows)
        for rows in (report.costs(), report.cost_ratios(service), report.figures(), report.latencies())
        if len(rows) > 1
    ]
    results = {
        PERFORMANCE: (*(_image(chart, PERFORMANCE) for chart in charts), *tables, report.conditions()),
        README: (tables[0], _image(charts[0], README)),
    }
    for page, content in results.items():
        page.write_text(with_content(page.read_text(), "\n\n".join(content)))
        yield page


def with_content(page: str, content: str) -> str:
    """Replace the text between the two HTML comments of a page. Raises ValueError if a comment is missing."""
    found = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    if len(found.findall(page)) != 1:
        raise ValueError(f"The page needs one {START} with its {END}.")
    return found.sub(lambda _: f"{START}\n\n{content}\n\n{END}", page)


def _image(chart: Chart, page: Path) -> str:
    return f"![{chart.caption}]({chart.file.relative_to(page.parent)})"
