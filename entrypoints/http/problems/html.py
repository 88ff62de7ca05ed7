"""HTML of the problem pages.

Each page is self-contained, and readable without its style sheet.
"""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterable
from html import escape

from entrypoints.http.problems.openapi import example_of
from entrypoints.http.problems.problem_type import ProblemType

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow: auto; padding: 1rem; border: 1px solid; border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid; vertical-align: top; }
"""

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def index_page(problems: Iterable[ProblemType]) -> str:
    """Return the page that lists every problem."""
    rows = "\n".join(
        f'<tr><td>{problem.status}</td><td><a href="{problem.uri}"><code>{problem.code}</code></a></td>'
        f"<td>{escape(problem.title)}</td></tr>"
        for problem in problems
    )
    return _page(
        "Problems",
        f"""<p>Every error response is <code>application/problem+json</code>
(<abbr title="Request for Comments">RFC</abbr> 9457) with one of these codes.</p>
<table>
<thead><tr><th scope="col">Status</th><th scope="col">Code</th><th scope="col">What it means</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>""",
    )


def problem_page(problem: ProblemType) -> str:
    """Return the page that explains one problem."""
    example = json.dumps(example_of(problem), indent=2, ensure_ascii=False)
    return _page(
        problem.title,
        f"""<p>Status {problem.status}, code <code>{problem.code}</code></p>
<h2>What has happened</h2>
<p>{_prose(problem.meaning)}</p>
<h2>What to do</h2>
<p>{_prose(problem.remedy)}</p>
<h2>An example</h2>
<pre tabindex="0">{escape(example)}</pre>
<p><a href="/problems">All problems</a></p>""",
    )


def _prose(text: str) -> str:
    """Convert a text of the registry, in which backquotes enclose code, to HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{escape(title)} - Steelyard</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
"""
