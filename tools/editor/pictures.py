"""Draw the pictures of AU Editor's help page: the real modules in a headless Chromium, with the bundled samples.

    python tools/editor/pictures.py -o web/docs/images

Needs playwright and a Chromium on the PATH (or playwright's own).
"""

import argparse
import functools
import http.server
import io
import json
import shutil
import sys
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from auhead_models.editor import performance_payload, sound_payload  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.preview import preview_payload  # noqa: E402
from auhead_models.image import load_image  # noqa: E402
from auhead_models.speech import SpeechOptions, load_audio, speech_to_au  # noqa: E402

ASSETS = ROOT / "auhead_models" / "assets"
LARGEST = 78 * 1024  # bytes of a picture
WIDTH = 900
ARGUMENTS = ["--no-sandbox", "--enable-unsafe-swiftshader", "--use-angle=swiftshader"]
EDITS = {
    "version": 1,
    "keys": {
        "brow_raise_left": [[2.92, 0], [3.32, 0.7], [3.92, 0]],
        "brow_raise_right": [[2.92, 0], [3.32, 0.7], [3.92, 0]],
        "yaw": [[0.6, 0], [1.4, 0.16], [2.4, 0.16], [3.12, 0]],
        "lip_corner_raise_left": [[3.2, 0], [3.72, 0.5], [4.6, 0.3], [5.2, 0]],
        "lip_corner_raise_right": [[3.2, 0], [3.72, 0.2], [4.6, 0.15], [5.2, 0]],
    },
    "spans": [
        {"start": 0.4, "end": 2.6, "emotion": "happy", "level": 2},
        {"start": 2.6, "end": 4.2, "emotion": "surprised", "level": 1},
        {"start": 4.2, "end": 6, "emotion": "contempt", "level": 2},
    ],
    "presets": [{"name": "nod", "start": 1.2, "seconds": 1, "level": 2, "weight": 1}],
}
PLACE = """([id, seconds, value]) => import("/web/places.js").then(({ rowScale, LANES }) => {
    const box = widget.well.getBoundingClientRect();
    const lanes = { ruler: 6, bar: 15, emotions: LANES.ruler + LANES.wave + 18 };
    const index = widget.editor.rows.findIndex((row) => row.id === id);
    const y = id in lanes ? lanes[id] : rowScale(widget.editor, widget.place, index).y(value);
    return [box.left + widget.editor.scale.x(seconds), box.top + y];
})"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


def told() -> dict:
    """What a run of the node tells the browser."""
    audio = load_audio(ASSETS / "speech.wav")
    face = find_face(load_image(ASSETS / "portrait.png")[0])
    return {
        "performance": performance_payload(speech_to_au(audio, SpeechOptions(), seed=1)),
        "peaks": sound_payload(audio),
        "portrait": preview_payload(face),
    }


def opened(page: Page, address: str, run: dict, size: tuple[int, int]) -> None:
    page.goto(address)
    page.wait_for_function("window.widget?.place")
    page.evaluate(
        """async ([told, edits, [width, height]]) => {
            const { sourceFrom } = await import("/web/source.js");
            document.getElementById("home").style.cssText = `margin: 0; width: ${width}px; height: ${height}px`;
            widget.setSource(sourceFrom(told));
            widget.setPortrait(told.portrait);
            widget.setText(JSON.stringify(edits));
        }""",
        [run, EDITS, size],
    )
    page.wait_for_timeout(1500)


def drag(page: Page, start: tuple, end: tuple, let_go: bool = True) -> None:
    """From (row, seconds, value) to another; without letting go what is shown meanwhile stays."""
    (x0, y0), (x1, y1) = (page.evaluate(PLACE, [*place, 0][:3]) for place in (start, end))
    page.mouse.move(x0, y0)
    page.mouse.down()
    for share in (0.3, 0.7, 1):
        page.mouse.move(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
        page.wait_for_timeout(150)
    if let_go:
        page.mouse.up()
    page.wait_for_timeout(400)


def whole_rows(page: Page, first: str | None = None) -> dict:
    """The timeline from a row, else from its ruler, to the last row that is shown as a whole."""
    box = page.locator(".aue-timeline").bounding_box()
    heads = [head.bounding_box() for head in page.locator(".aue-head").all()]
    ends = [head["y"] + head["height"] for head in heads]
    top = page.locator(f"[id$='-{first}']").bounding_box()["y"] if first else box["y"]
    return {**box, "y": top, "height": max(end for end in ends if end <= box["y"] + box["height"] + 0.5) - top}


def overview(page: Page) -> bytes:
    page.evaluate("() => widget.editor.setPlayhead(3.4)")
    page.wait_for_timeout(600)
    return page.locator(".aue").screenshot()


def gestures(page: Page) -> bytes:
    """A key on its way, its neighbours following softly."""
    page.keyboard.down("Alt")
    drag(page, ("head", 2.4, 0.16), ("head", 2.6, 0.3), let_go=False)
    shot = page.screenshot(clip=whole_rows(page, "eyes"))
    page.mouse.up()
    page.keyboard.up("Alt")
    return shot


def ranges(page: Page) -> bytes:
    """A loop, a row opened to its units, motion replaced by keys, keys chosen and their bar."""
    page.evaluate(
        """async () => {
            const act = await import("/web/actions.js");
            const { editor } = widget;
            editor.loop = { from: 2, to: 3.2 };
            editor.setActive("mouth_open");
            act.replaceHere(editor);
            editor.setView({ open: new Set(["smile"]) });
            editor.setPlayhead(2.6);
            editor.setActive("smile");
            act.selectAll(editor);
        }"""
    )
    page.wait_for_timeout(600)
    return page.screenshot(clip=whole_rows(page))


def full(page: Page) -> bytes:
    page.evaluate("() => { widget.toggleFull(); widget.editor.setPlayhead(4.9); widget.faceView.toggleNear(); }")
    page.wait_for_timeout(1500)
    return page.screenshot()


PICTURES = {  # name: (what to do, size of the editor)
    "editor_overview": (overview, (900, 800)),
    "editor_gestures": (gestures, (900, 780)),
    "editor_ranges": (ranges, (900, 760)),
    "editor_full": (full, (1360, 860)),
}


def save(shot: bytes, path: Path) -> None:
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    height = round(picture.height * WIDTH / picture.width)
    picture = picture.resize((WIDTH, height), Image.LANCZOS)
    for quality in range(92, 40, -4):
        picture.save(path, quality=quality, optimize=True, progressive=True)
        if path.stat().st_size <= LARGEST:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("names", nargs="*", default=list(PICTURES))
    given = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=ROOT))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    run = json.loads(json.dumps(told()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for name in given.names:
            act, (width, height) = PICTURES[name]
            context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1.5)
            page = context.new_page()
            opened(page, f"http://127.0.0.1:{server.server_port}/tests/web/page.html", run, (width, height))
            save(act(page), given.output / f"{name}.jpg")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
