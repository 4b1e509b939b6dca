"""Pulling on the live face of AU Editor in a real browser; a part of `make web-test`."""

from editor_page import near


def corner_of_the_mouth(page):
    return page.run(
        """() => {
            const box = widget.faceView.canvas.getBoundingClientRect();
            for (let y = 40; y < 190; y++) for (let x = 40; x < 160; x++) {
                const handle = widget.faceView.face.pick(x, y);
                if (handle?.id === "mouth_corner_left") return { x: box.left + x + 5, y: box.top + y + 5 };
            }
        }"""
    )


def test_dragging_on_the_face(page):
    page.run("() => widget.editor.setPlayhead(4)")
    page.page.wait_for_function("widget.faceView.face.pick(98, 98)")
    corner = corner_of_the_mouth(page)
    page.page.mouse.move(corner["x"], corner["y"])
    sign = page.page.locator(".aue-grip")
    assert sign.inner_text() == "Mouth corner both sides"
    page.page.mouse.down()
    page.page.mouse.move(corner["x"], corner["y"] - 9)
    page.settle()
    assert "Mouth corner both sides · Lip corner up" in sign.inner_text() and sign.inner_text().endswith("%")
    page.press("Escape")
    page.page.mouse.up()
    page.settle()
    assert page.text == "" and page.run("() => widget.editor.text") == "" and not sign.is_visible()
    page.drag(corner, {**corner, "y": corner["y"] - 9})
    keys = page.edits["keys"]["lip_corner_raise_left"]
    assert [key[0] for key in keys] == [near(3.7), near(4), near(4.3)] and keys[1][1] > 0.3
    assert page.edits["keys"]["lip_corner_raise_right"][1][1] == near(keys[1][1])  # as the row says: both sides
    page.press("Control+z")
    page.drag(corner, {**corner, "y": corner["y"] - 9}, keys=["Shift"])
    assert "lip_corner_raise_right" not in page.edits["keys"]
    page.press("Control+z")
    page.run("() => widget.editor.setView({ unlinked: new Set(['smile']) })")
    page.drag(corner, {**corner, "y": corner["y"] - 9})
    assert "lip_corner_raise_right" not in page.edits["keys"]
    page.press("Control+z")
    page.press("Space")
    page.drag(corner, {**corner, "y": corner["y"] - 9})
    assert not page.run("() => widget.editor.playing") and page.edits["keys"]  # of what is there by then


def test_pulling_by_keyboard(page):
    page.run("() => { widget.editor.setPlayhead(4); widget.focus(); }")
    page.page.wait_for_selector(".aue-handle", state="attached")
    for _ in range(3):
        page.press("Tab")
    sign = page.page.locator(".aue-grip")
    name = page.run("() => document.activeElement.getAttribute('aria-label')")
    assert name.startswith("Upper lid, left: arrow keys pull") and sign.inner_text() == "Upper lid both sides"
    for _ in range(3):
        page.page.keyboard.down("ArrowDown")  # is held
    page.settle()
    assert "Upper lid both sides · " in sign.inner_text()
    page.page.keyboard.up("ArrowDown")
    keys = page.edits["keys"]
    assert keys["eye_closure_left"][1][0] == near(4) and keys["eye_closure_left"][1][1] > 0.1
    assert keys["eye_closure_right"][1][1] == near(keys["eye_closure_left"][1][1])
    text = page.text
    page.press("Shift+ArrowUp")
    assert page.edits["keys"]["eye_closure_right"] == keys["eye_closure_right"] and page.text != text
    page.press("Control+z")
    assert page.text == text
    page.page.locator(".aue-handle").nth(2).focus()
    page.page.keyboard.down("ArrowDown")
    page.settle()
    assert "%" in sign.inner_text()
    page.press("Escape")
    page.page.keyboard.up("ArrowDown")
    assert page.text == text
    assert page.run("() => widget.editor.edits.keys.eye_closure_left[1].value") == keys["eye_closure_left"][1][1]
    page.run("() => widget.focus()")
    page.page.locator(".aue-handle").nth(2).focus()
    page.press("Shift+ArrowUp")
    page.press("Control+z")
    assert page.text == text
    assert page.run("() => document.activeElement.classList.contains('aue-handle')")  # where it was
    page.run("() => widget.setWired(true)")
    page.page.locator(".aue-handle").nth(2).focus()
    page.press("ArrowDown")
    assert page.text == text
    page.run("() => widget.focus()")
    assert not sign.is_visible()


def test_the_pointer_takes_over_from_a_key_that_is_held(page):
    page.run("() => { widget.editor.setPlayhead(4); widget.focus(); }")
    page.page.wait_for_selector(".aue-handle", state="attached")
    corner = corner_of_the_mouth(page)
    page.page.locator(".aue-handle").nth(2).focus()
    page.page.keyboard.down("ArrowDown")
    page.page.keyboard.down("ArrowDown")
    page.page.mouse.move(corner["x"], corner["y"])
    page.page.mouse.down()
    assert page.edits["keys"].keys() == {"eye_closure_left", "eye_closure_right"}
    lids = page.text
    page.page.mouse.move(corner["x"], corner["y"] - 9)
    page.page.keyboard.up("ArrowDown")
    page.page.mouse.move(corner["x"], corner["y"] - 12)
    page.page.mouse.up()
    page.settle()
    assert "lip_corner_raise_left" in page.edits["keys"]
    page.press("Control+z")
    assert page.text == lids
