"""Emotions, gestures and poses of AU Editor in a real browser; a part of `make web-test`."""

import json

from editor_page import near


def emotions(page, edits="widget.editor.edits"):
    """[(emotion, start, end)] of edits of the page; the end of one that is open to the end is None."""
    spans = page.run(f"() => {edits}.spans.map(({{ emotion, start, end }}) => [emotion, start, end])")
    return [tuple(span) for span in spans]


def set_emotions(page, *spans):
    edits = {"spans": [{"emotion": emotion, "start": start, "end": end} for emotion, start, end in spans]}
    page.run("(text) => widget.setText(text)", json.dumps(edits))
    page.settle()


def test_emotions_drop_move_and_grow(page):
    page.run("() => widget.setSource({ ...speech(6), spans: [] })")
    page.click("ruler", 1.0)
    page.press("5")
    page.press("Escape")
    page.run("() => widget.editor.setPlayhead(3)")
    page.press("7")
    assert emotions(page) == [("happy", 1, 3), ("sad", 3, 5)]
    page.drag(("emotions", 2.0), ("emotions", 1.5))
    assert emotions(page)[0] == ("happy", near(0.5, 0.05), near(2.5, 0.05))
    page.drag(("emotions", 4.98), ("emotions", 5.6))
    assert emotions(page)[1] == ("sad", 3, near(5.6, 0.05))
    page.press("2")
    page.press("+")
    assert (page.edits["spans"][1]["emotion"], page.edits["spans"][1]["level"]) == ("contempt", 3)


def test_an_emotion_cuts_its_neighbours_until_it_is_dragged_back(page):
    set_emotions(page, ("happy", 1, 3), ("sad", 3.4, 5))
    edge = page.at("emotions", 2.96)
    page.page.mouse.move(edge["x"], edge["y"])
    page.page.mouse.down()
    for seconds, sad in ((4.0, near(4)), (3.2, 3.4)):
        page.page.mouse.move(page.at("emotions", seconds)["x"], edge["y"])
        page.settle()
        assert emotions(page) == [("happy", 1, near(seconds)), ("sad", sad, 5)]
    page.page.mouse.move(page.at("emotions", 4.5)["x"], edge["y"])
    page.press("Escape")
    page.page.mouse.up()
    page.settle()
    assert emotions(page) == [("happy", 1, 3), ("sad", 3.4, 5)]
    assert not page.run("() => widget.editor.history.past.length + widget.editor.history.future.length")


def test_the_seam_of_two_emotions_moves_both_and_the_pointer_says_so(page):
    set_emotions(page, ("happy", 1, 3), ("sad", 3, 5))
    seam = page.at("emotions", 3.0)
    cursors = {}
    for by in (-12, -5, 0, 5, 12):
        page.page.mouse.move(seam["x"] + by, seam["y"])
        page.settle()
        cursors[by] = page.run("() => widget.top.style.cursor")
    assert cursors == {-12: "grab", -5: "ew-resize", 0: "col-resize", 5: "ew-resize", 12: "grab"}
    page.drag(seam, page.at("emotions", 4.0))
    assert emotions(page) == [("happy", 1, near(4)), ("sad", near(4), 5)]
    seam = page.at("emotions", emotions(page)[0][2])
    page.drag({**seam, "x": seam["x"] + 5}, page.at("emotions", 4.4))
    assert emotions(page)[0][2] == near(4) and emotions(page)[1][1] == near(4.4, 0.06)


def test_emotions_that_came_in_are_dragged_like_any_other(page):
    before = page.shown("smile", 2.0)
    page.click("emotions", 1.0)
    assert page.text == "" and page.run("() => widget.editor.selection.size") == 1
    page.drag(("emotions", 1.0), ("emotions", 2.0))
    assert page.edits["replace_spans"]
    assert emotions(page) == [("happy", near(1, 0.05), near(4, 0.05)), ("neutral", near(4, 0.05), None)]
    assert page.shown("smile", 3.9) > page.shown("smile", 5.5) and page.shown("smile", 2.0) == near(before, 0.2)
    page.press("Control+z")
    assert page.text == ""
    page.drag(("emotions", 3.0), ("emotions", 2.0))
    assert emotions(page) == [("happy", 0, near(2, 0.05)), ("neutral", near(2, 0.05), None)]
    page.page.get_by_role("button", name="File").click()
    page.page.get_by_role("menuitem", name="Emotions as they came in").click()
    assert page.text == ""


DROPPED = [("happy", 0, 3), ("disgusted", near(3, 0.05), near(5, 0.05)), ("neutral", near(5, 0.05), None)]


def test_a_chip_is_dragged_onto_the_timeline(page):
    chip = page.page.locator(".aue-chip").nth(2).bounding_box()
    start = {"x": chip["x"] + 20, "y": chip["y"] + 10}
    page.drag(start, ("emotions", 3.0))
    assert emotions(page) == DROPPED


def test_a_chip_shows_on_the_way_where_it_will_lie(page):
    chip = page.page.locator(".aue-chip").nth(2).bounding_box()
    mouse = page.page.mouse
    drawn = """([seconds]) => {
        const { x, y } = { x: widget.editor.scale.x(seconds), y: 75 };
        const ratio = widget.top.width / widget.place.width;
        return widget.top.getContext("2d").getImageData(x * ratio, y * ratio, 1, 1).data[3];
    }"""
    for last in ("Escape", None):
        mouse.move(chip["x"] + 20, chip["y"] + 10)
        mouse.down()
        mouse.move(chip["x"] + 60, chip["y"] + 10)
        page.settle()
        assert page.run(drawn, [3.5]) == 0
        lane = page.at("emotions", 3.0)
        mouse.move(lane["x"], lane["y"])
        page.settle()
        assert emotions(page, "widget.pointer.carried.plan.edits") == DROPPED
        assert page.text == "" and page.run(drawn, [3.5]) == 255
        if last:
            page.press(last)
            assert page.run(drawn, [3.5]) == 0
            mouse.move(lane["x"] + 9, lane["y"])
        mouse.up()
        page.settle()
        assert page.run("() => widget.pointer.carried") is None
        assert page.run(drawn, [3.5]) == 0
        assert emotions(page) == ([] if last else DROPPED)


def test_gestures_of_the_menu(page):
    page.page.get_by_role("button", name="Gestures and poses").click()
    page.page.get_by_role("menuitem", name="Nod").click()
    assert page.edits["presets"][0]["name"] == "nod"
    assert page.page.locator(".aue-menu").count() == 0


def test_own_poses(page):
    page.double_click("brows", 2.0, 0.9)
    page.run("() => widget.editor.setPlayhead(2)")
    page.page.get_by_role("button", name="Gestures and poses").click()
    page.page.get_by_role("menuitem", name="Save this face").click()
    page.page.locator(".aue-menu input").fill("Aha")
    page.page.keyboard.press("Enter")
    page.run("() => widget.editor.setPlayhead(4.4)")
    page.page.get_by_role("button", name="Gestures and poses").click()
    page.page.get_by_role("menuitem", name="Aha").click()
    page.settle()
    assert page.shown("brows", 4.4) == near(0.9)
    page.open()
    assert page.run("() => widget.editor.view.library[0].name") == "Aha"
