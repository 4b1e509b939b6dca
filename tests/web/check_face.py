"""The live face in a real browser: what moves on the picture when a unit moves; a part of `make web-test`.

Chromium comes from the PATH, or from playwright; it draws in software, so no graphics card is needed.
"""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from auhead_models.au.space import COLUMN_INDEX
from auhead_models.face.topology import LEFT_EYE, LOWER_LIP

SIDE = 512
SOFTWARE = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]


def open_page(launch, site, options):
    browser = launch(options)
    page = browser.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(f"{site}/face_page.html")
    page.wait_for_function("window.ready")
    return browser, page


@pytest.fixture(scope="module")
def page(launch, site, payload):
    browser, page = open_page(launch, site, SOFTWARE)
    assert page.evaluate("([payload, side]) => addFace(payload, side)", [payload, SIDE])
    yield page
    browser.close()
    assert page.errors == []


def shoot(page, index=0, **units) -> np.ndarray:
    """The picture [H, W, 4], 0..255, with these units; names without a side mean both."""
    values = np.zeros(len(COLUMN_INDEX))
    for name, value in units.items():
        for column in (name, f"{name}_left", f"{name}_right"):
            if column in COLUMN_INDEX:
                values[COLUMN_INDEX[column]] = value
    url = page.evaluate("([index, values]) => shoot(index, values)", [index, values.tolist()])
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA"), np.float32)


def change_around(before, after, point, reach=6) -> float:
    x, y = (int(number) for number in point[:2])
    part = np.s_[y - reach : y + reach, x - reach : x + reach, :3]
    return float(np.abs(before[part] - after[part]).mean())


def test_at_rest_it_is_the_portrait(page, portrait):
    error = ((shoot(page)[..., :3] / 255 - portrait.numpy()) ** 2).mean()
    assert -10 * np.log10(error) >= 35


def test_the_jaw_moves_the_lower_lip_and_leaves_the_brow(page, face):
    rest, open_mouth = shoot(page), shoot(page, jaw_open=1)
    assert change_around(rest, open_mouth, face.landmarks[LOWER_LIP[0][5]]) > 15
    assert change_around(rest, open_mouth, face.landmarks[LEFT_EYE.brow_upper[2]]) < 2


def test_a_closed_eye_covers_the_iris_of_its_side(page, face):
    rest, wink = shoot(page), shoot(page, eye_closure_left=1)
    left, right = face.landmarks[473], face.landmarks[468]
    assert change_around(rest, wink, left, 4) > 30
    assert change_around(rest, wink, right, 4) < 2
    x, y = (int(number) for number in left[:2])
    assert wink[y - 2 : y + 3, x - 2 : x + 3, :3].mean() > rest[y - 2 : y + 3, x - 2 : x + 3, :3].mean() + 20


def test_the_gaze_moves_the_iris(page, face):
    left = shoot(page, gaze_x=1)
    assert change_around(shoot(page), left, face.landmarks[473], 5) > 5


def test_the_border_stays_when_the_head_turns(page):
    rest, turned = shoot(page), shoot(page, yaw=0.3, pitch=0.2)
    assert np.abs(rest - turned).mean() > 3
    for edge in (np.s_[:2], np.s_[-2:], np.s_[:, :2], np.s_[:, -2:]):
        assert np.abs(rest[edge] - turned[edge]).mean() < 1


def test_the_head_of_nobody_keeps_its_background_clear(page):
    page.evaluate("addFace(null, 256)")
    shown = shoot(page, 1, jaw_open=0.5)
    assert shown.shape == (256, 256, 4)
    assert shown[:20, :20, 3].max() < 10 and shown[128, 128, 3] > 250


def test_a_payload_that_is_none_shows_the_head_of_nobody(page):
    page.evaluate("addFace({ version: 99 }, 128)")
    page.evaluate("addFace({ version: 1, size: 512 }, 128)")
    for index in (2, 3):
        assert shoot(page, index)[64, 64, 3] > 250


def test_many_faces_share_one_context(page, payload):
    page.evaluate("async (payload) => { for (let k = 0; k < 20; k++) await addFace(payload, 64); }", payload)
    first, last = shoot(page, 4, jaw_open=1), shoot(page, 23, jaw_open=1)
    assert np.abs(first - last).mean() < 0.5
    assert np.abs(first - shoot(page, 4)).mean() > 1


def test_faces_can_go_and_come_back(page):
    before = shoot(page)
    page.evaluate("() => { for (let k = 4; k < 24; k++) faceAt(k).dispose(); }")
    assert np.abs(before - shoot(page)).mean() < 0.5


def test_a_lost_context_gives_a_drawn_face_until_it_returns(page):
    before = shoot(page)
    page.evaluate("() => contextLoss.loseContext()")
    page.wait_for_timeout(100)
    drawn = shoot(page)
    assert np.abs(before - drawn).mean() > 10 and drawn[256, 256, 3] > 250
    page.evaluate("() => contextLoss.restoreContext()")
    page.wait_for_timeout(300)
    assert np.abs(before - shoot(page)).mean() < 0.5


def test_script_of_a_frame_takes_at_most_4_ms(page):
    values = np.zeros(len(COLUMN_INDEX))
    for name in ("jaw_open", "eye_closure_left", "lip_corner_raise_right", "gaze_x"):
        values[COLUMN_INDEX[name]] = 0.4
    assert page.evaluate("values => time(0, values)", values.tolist()) <= 4


def test_the_pointer_takes_hold_of_the_face_where_it_is_shown(page, face):
    page.evaluate("() => faceAt(0).setCloseUp(false)")
    x, y = (float(number) for number in face.landmarks[291, :2])
    pick = "([x, y]) => faceAt(0).pick(x, y)?.id"
    assert page.evaluate(pick, [x, y]) == "mouth_corner_left"
    assert page.evaluate(pick, [2, 2]) is None
    before = shoot(page)
    page.evaluate("([x, y]) => faceAt(0).highlight(faceAt(0).pick(x, y))", [x, y])
    assert change_around(before, shoot(page), (x, y), 8) > 5
    page.evaluate("() => { faceAt(0).highlight(null); faceAt(0).setCloseUp(true); }")
    assert np.abs(before - shoot(page)).mean() > 5
    assert page.evaluate(pick, [x, y]) != "mouth_corner_left"
    page.evaluate("() => faceAt(0).setCloseUp(false)")
    changes = page.evaluate("([x, y]) => faceAt(0).drag(faceAt(0).pick(x, y), new Float32Array(40), 0, -5)", [x, y])
    assert list(changes) == ["lip_corner_raise_left"]


def test_without_webgl_the_face_is_drawn(launch, site, payload):
    browser, page = open_page(launch, site, ["--disable-gpu", "--disable-3d-apis", "--no-sandbox"])
    assert not page.evaluate("([payload, side]) => addFace(payload, side)", [payload, SIDE])
    rest, open_mouth = shoot(page), shoot(page, jaw_open=1)
    browser.close()
    assert rest[300, 256, 3] > 250 and rest[4, 4, 3] == 0
    assert np.abs(rest - open_mouth).mean() > 1
    assert page.errors == []
