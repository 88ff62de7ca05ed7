"""The docs page in a real browser."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect, sync_playwright

from tests.e2e.serving import CHECKOUT, Service, create_client, serving
from tests.servers.databases import create_copy, drop

ARTEFACTS = CHECKOUT / ".artefacts"
EMAIL, PASSWORD = "ann@example.com", "a long password of mine"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def service(database_server: str, migrated_template: str) -> Iterator[Service]:
    """A service for all tests of this module."""
    url = asyncio.run(create_copy(database_server, migrated_template))
    with serving(url, with_worker=False, log_level="warning") as service:
        service.await_answer()
        yield service
    asyncio.run(drop(database_server, url))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium.

    If the system has a program `chromium`, this program is started. Otherwise Playwright's own Chromium is started.
    """
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        except Error:
            pytest.skip(
                "left out: there is no Chromium (apt-get install chromium, or playwright install chromium)"
            )
        yield browser
        browser.close()


def test_user_who_logs_in_on_the_docs_page_can_call_an_operation(service: Service, browser: Browser) -> None:
    url = service.address.url
    sign_up = {"email": EMAIL, "password": PASSWORD, "password_confirm": PASSWORD}
    assert httpx2.post(f"{url}/v1/users", json=sign_up).status_code == 201
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    asked_for: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(f"{url}/docs")
    _log_in(page)
    answer = _try_out(page, "get_me")

    page.screenshot(path=_artefact("docs-page.png"))
    assert answer == "200"
    expect(page.locator("#operations-users-get_me .responses-table.live-responses-table")).to_contain_text(
        EMAIL
    )
    assert [address for address in asked_for if not address.startswith((url, "data:"))] == []
    assert [text for text in complaints if "Content Security Policy" in text] == []


def test_service_client_can_log_in_on_the_docs_page(service: Service, browser: Browser) -> None:
    client_id, secret = create_client(service, "till", "orders:read")
    page = browser.new_page(viewport={"width": 1200, "height": 900})

    page.goto(f"{service.address.url}/docs")
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    form = dialog.locator(".auth-container").filter(has_text="client_credentials (")
    form.get_by_label("client_id:").fill(client_id)
    form.get_by_label("client_secret:").fill(secret)
    _apply(dialog, form)

    assert _try_out(page, "list_orders", tag="orders") == "200"


def _log_in(page: Page) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    form = dialog.locator(".auth-container").filter(has_text="password (")
    form.get_by_label("username:").fill(EMAIL)
    form.get_by_label("password:").fill(PASSWORD)
    _apply(dialog, form)


def _apply(dialog: Locator, form: Locator) -> None:
    form.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(dialog.get_by_role("button", name="Remove authorization")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()


def _try_out(page: Page, operation: str, *, tag: str = "users") -> str:
    """Execute an operation that has no parameters. Return the status that the docs page shows."""
    block = page.locator(f"#operations-{tag}-{operation}")
    block.locator(".opblock-summary").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    status = block.locator(".live-responses-table .response-col_status").last
    status.wait_for()
    block.scroll_into_view_if_needed()
    return status.inner_text().split()[0]


def _artefact(name: str) -> Path:
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS / name
