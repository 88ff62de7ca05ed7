import re
from base64 import b64encode
from hashlib import sha256
from html import escape

import pytest

from entrypoints.http.problems.problem import Problem
from entrypoints.http.problems.registry import PROBLEMS
from entrypoints.http.representation.negotiation import prefers
from tests.kit.apps import app_of, ask

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("code", PROBLEMS)
async def test_every_problem_type_has_a_page(code: str) -> None:
    problem = PROBLEMS[code]
    page = await ask(app_of(), "GET", problem.uri)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<h1>{escape(problem.title)}</h1>" in page.text
    assert f"<code>{code}</code>" in page.text


@pytest.mark.parametrize("code", PROBLEMS)
async def test_every_problem_page_has_a_valid_example(code: str) -> None:
    explanation = (await ask(app_of(), "GET", f"/problems/{code}", headers=JSON)).json()
    example = Problem.model_validate(explanation["example"])
    assert (example.code, example.status) == (code, PROBLEMS[code].status)


async def test_list_of_problems_links_to_every_page() -> None:
    page = (await ask(app_of(), "GET", "/problems")).text
    assert re.findall(r'href="/problems/(\w+)"', page) == list(PROBLEMS)
    items = (await ask(app_of(), "GET", "/problems", headers=JSON)).json()["items"]
    assert [item["code"] for item in items] == list(PROBLEMS)


async def test_problem_pages_load_no_other_files() -> None:
    page = await ask(app_of(), "GET", "/problems/out_of_stock")
    assert not re.search(r"(?:src|href)=\"(?!/problems|data:,)|https?:|url\(|<script", page.text)
    [style] = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_problem_page_is_cached_separately_per_format() -> None:
    response = await ask(app_of(), "GET", "/problems/out_of_stock")
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("code", ["no_such_code", "OUT_OF_STOCK", "%00", "<script>"])
async def test_unknown_problem_code_has_no_page(code: str) -> None:
    response = await ask(app_of(), "GET", f"/problems/{code}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("application/json", True),
        ("application/json, text/html;q=0.9", True),
        ("text/html;q=0.5, application/*;q=0.6", True),
        ("Application/JSON", True),
        ("*/*;q=0.1, application/json", True),
        ("*/*", False),
        ("", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("text/html, application/json", False),
        ("application/json;q=0", False),
        (";;;,,/;q=", False),
        ("x" * 200_000, False),
        ("text/html;q=0.5" + ",;" * 100_000 + ",application/json", True),
    ],
)
def test_problem_page_is_json_if_the_client_prefers_json(accept: str, json: bool) -> None:
    assert prefers(accept, "application/json", over="text/html") is json
