"""Pulling on the live face of AU Editor in a real browser; a part of `make web-test`."""

from editor_page import near


def test_dragging_on_the_face(page):
    page.run("() => widget.editor.setPlayhead(4)")
    page.page.wait_for_function("widget.faceView.face.pick(98, 98)")
    corner = page.run(
        """() => {
            const box = widget.faceView.canvas.getBoundingClientRect();
            for (let y = 40; y < 190; y++) for (let x = 40; x < 160; x++) {
                const handle = widget.faceView.face.pick(x, y);
                if (handle?.id === "mouth_corner_left") return { x: box.left + x + 5, y: box.top + y + 5 };
            }
        }"""
    )
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
