"""What the tests in a browser share: a server of this repository, Chromium, and the page with the editor.

Chromium comes from the PATH, or from playwright (`playwright install chromium`).
"""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest
from editor_page import Page

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--enable-unsafe-swiftshader"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".js": "text/javascript", ".json": "application/json", ".html": "text/html", ".css": "text/css"}

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site():
    """The address under which the folder of these tests is served."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=ROOT))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/tests/web"
    server.shutdown()


@pytest.fixture(scope="session")
def launch():
    """launch(options) gives a browser started with these options."""
    from playwright.sync_api import sync_playwright  # the other tests in this folder run without it

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        yield lambda options: playwright.chromium.launch(executable_path=found, args=options)


@pytest.fixture(scope="session")
def browser(launch):
    browser = launch(ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def page(browser, site):
    context = browser.new_context(viewport={"width": 900, "height": 820})
    page = Page(context.new_page(), f"{site}/page.html").open()
    yield page
    assert page.problems == []
    context.close()
