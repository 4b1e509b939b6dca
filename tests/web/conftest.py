"""What the tests in a browser share: a server of this repository, Chromium, and the bundled portrait as a face.

Chromium comes from the PATH, or from playwright (`playwright install chromium`).
"""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest

from auhead_models.face.face import find_face
from auhead_models.face.preview import preview_payload

ROOT = Path(__file__).resolve().parents[2]


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
def face(portrait):
    return find_face(portrait)


@pytest.fixture(scope="session")
def payload(face):
    return preview_payload(face)
