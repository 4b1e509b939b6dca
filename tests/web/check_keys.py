"""Keys and curves of AU Editor in a real browser: made, dragged, copied, typed; a part of `make web-test`."""

from editor_page import near


def test_a_double_click_adds_a_key_where_it_was_made(page):
    page.double_click("mouth_open", 2.0, 0.6)
    keys = page.edits["keys"]["jaw_open"]
    assert [key[0] for key in keys] == [near(1.6), near(2.0), near(2.4)] and keys[0][1] == keys[2][1] == 0
    assert page.shown("mouth_open", 2.0) == near(0.6) and len(page.edits["keys"]) == 1


def test_a_key_follows_the_pointer_and_its_bump_goes_along(page):
    page.double_click("smile", 4.0, 0.5)
    page.drag(("smile", 4.0, 0.5), ("smile", 4.8, -0.4))
    assert page.shown("smile", 4.8) == near(-0.4)
    assert page.key("lip_corner_down_left", 1)[0] == near(4.8) and page.key("lip_corner_down_left", 2)[0] == near(5.2)
    page.press("Control+z")
    assert page.shown("smile", 4.0) == near(0.5)
    page.press("Control+z")
    assert page.text == ""
    page.press("Control+Shift+z")
    page.press("Control+y")
    assert page.shown("smile", 4.8) == near(-0.4)


def test_shift_keeps_the_time_or_the_value(page):
    page.double_click("brows", 5.0, 0.5)
    page.drag(("brows", 5.0, 0.5), ("brows", 5.1, -0.7), keys=["Shift"])
    assert page.key("brow_raise_left", 1)[0] == near(5.0) and page.shown("brows", 5.0) == near(-0.7)
    page.drag(("brows", 5.0, -0.7), ("brows", 5.6, -0.6), keys=["Shift"])
    value = page.key("brow_raise_left", 1)
    assert value[0] == near(5.6) and page.shown("brows", 5.6) == near(-0.7, 0.1)


def test_alt_takes_neighbours_along(page):
    for seconds in (2.0, 2.4, 2.8):
        page.double_click("mouth_open", seconds, 0.4)
    before = [key[1] for key in page.edits["keys"]["jaw_open"]]
    page.drag(("mouth_open", 2.4, 0.4), ("mouth_open", 2.4, 0.8), keys=["Alt"])
    moved = [key[1] - old for key, old in zip(page.edits["keys"]["jaw_open"], before)]
    middle = len(moved) // 2
    assert moved[middle] == near(0.4, 0.06) and 0.05 < moved[middle - 1] < 0.35


def test_box_copy_paste_across_rows_and_sides(page):
    page.double_click("brows", 1.0, 0.8)
    page.drag(("brows", 0.4, 1.0), ("brows", 1.8, -0.9))
    assert page.run("() => widget.editor.selection.size") == 12
    page.press("Control+c")
    page.click("mouth_open", 3.0, 0.9)
    page.run("() => widget.editor.setPlayhead(3)")
    page.press("Control+v")
    jaw = page.edits["keys"]["jaw_open"]
    assert [key[0] for key in jaw] == [near(3.0), near(3.4), near(3.8)] and jaw[1][1] > 0.3
    page.press("Control+z")
    page.run("() => { widget.editor.setView({ open: new Set(['brows']) }); }")
    page.settle()
    page.double_click("brow_lower_left", 5.0, 0.7)
    page.press("Control+c")
    page.press("Control+Shift+v")
    assert max(key[1] for key in page.edits["keys"]["brow_lower_right"]) > 0.3


def test_delete_and_select_all(page):
    page.double_click("mouth_open", 1.0, 0.5)
    page.double_click("smile", 2.0, 0.5)
    page.press("Delete")
    assert list(page.edits["keys"]) == ["jaw_open"]
    page.press("Control+a")
    page.press("Control+a")
    page.press("Delete")
    assert page.text == ""


def test_mirror(page):
    page.run("() => { widget.editor.setView({ open: new Set(['smile']) }); }")
    page.settle()
    page.double_click("lip_corner_raise_left", 3.5, 0.8)
    page.press("m")
    assert list(page.edits["keys"]) == ["lip_corner_raise_right"]


def test_retime_a_selection(page):
    page.double_click("mouth_open", 2.0, 0.6)
    page.press("Control+a")
    bar = page.at("ruler", 2.4)
    end = page.at("ruler", 3.2)
    page.drag({**bar, "y": bar["y"] + 9}, {**end, "y": end["y"] + 9})
    assert [key[0] for key in page.edits["keys"]["jaw_open"]] == [near(1.6), near(2.4), near(3.2)]


def test_steps_and_keys_by_keyboard(page):
    page.run("() => widget.focus()")
    for _ in range(3):
        page.press(".")
    page.press(",")
    assert page.run("() => widget.editor.playhead") == near(0.08, 1e-6)
    page.press("End")
    page.press("Home")
    page.press("ArrowUp")
    assert page.run("() => widget.editor.active") == "mouth_open"
    page.run("() => widget.editor.setPlayhead(1.6)")
    page.press("k")
    for _ in range(3):
        page.press("Alt+Shift+ArrowUp")
    page.press("Alt+ArrowRight")
    assert page.key("jaw_open", 1) == [near(1.64), near(0.3)]
    page.press("t")
    assert page.key("jaw_open", 1)[2] == "linear"
    page.press("ArrowLeft")
    assert page.run("() => widget.editor.playhead") == near(1.24)


def test_left_and_right_apart_and_in_balance(page):
    page.double_click("smile", 4.5, 0.6)
    slider = page.page.locator("[id$='-smile'] .aue-balance")
    slider.focus()
    for _ in range(10):
        page.press("ArrowRight")
    keys = page.edits["keys"]
    assert keys["lip_corner_raise_right"][1][1] == near(0.5 * keys["lip_corner_raise_left"][1][1])
    page.page.locator("[id$='-smile'] .aue-link").click()
    page.settle()
    assert len(page.run("() => widget.editor.row('smile').channels.map((each) => each.id)")) == 2


def test_replace_makes_the_motion_keys_of_its_own(page):
    page.click("mouth_open", 3.0, 0.9)
    page.page.keyboard.down("Shift")
    page.drag(("ruler", 2.0), ("ruler", 3.0))
    page.page.keyboard.up("Shift")
    before = page.run("() => [...widget.editor.performance.edited[8].slice(55, 70)]")
    page.press("r")
    part = page.edits["replace"][0]
    assert (part["start"], part["end"]) == (near(2.0), near(3.0)) and len(part["keys"]["jaw_open"]) > 3
    after = page.run("() => [...widget.editor.performance.edited[8].slice(55, 70)]")
    assert after == [near(value, 0.08) for value in before]
    page.double_click("mouth_open", 2.52, 0.95)
    assert len(page.edits["replace"]) == 1 and "keys" not in page.edits
    assert page.shown("mouth_open", 2.52) == near(0.95)


def test_keys_beyond_the_end_wait(page):
    page.run('() => widget.setText(\'{"keys": {"jaw_open": [[1, 0.2], [90, 0.5]]}}\')')
    page.settle()
    page.press("Control+a")
    assert page.edits["keys"]["jaw_open"][1] == [90, 0.5]


def test_a_typed_value_goes_to_its_own_key_though_another_is_pressed_next(page):
    page.double_click("smile", 1.0, 0.5)
    page.double_click("smile", 4.0, 0.3)
    field = page.page.locator(".aue-field input").nth(1)
    field.fill("80")
    page.click("smile", 1.0, 0.5)
    assert page.shown("smile", 4.0) == near(0.8) and page.shown("smile", 1.0) == near(0.5)
    field.fill("10")
    field.press("Escape")
    page.settle()
    assert page.shown("smile", 1.0) == near(0.5)


def test_a_value_says_what_it_is_added_to_or_stands_in_place_of(page):
    field = page.page.locator(".aue-field").nth(1)
    page.double_click("smile", 1.0, 0.8)
    assert field.inner_text().replace("\n", " ").split() == "Adds % on top of 41 %".split()
    assert field.locator("input").input_value() == "+39"
    page.drag(("smile", 1.0, 0.8), ("smile", 1.0, -0.5))  # to a frown: other units than those of the smile
    assert int(field.locator("input").input_value()) == near(-91, 2) and "on top of 41 %" in field.inner_text()
    field.locator("input").fill("-61")
    field.locator("input").press("Enter")
    page.settle()
    assert page.shown("smile", 1.0) == near(-0.2)
    page.run("() => widget.editor.setPlayhead(2)")
    page.double_click("head", 1.0, 0.2)
    assert field.locator("input").input_value().startswith("+") and "° on top of" in field.inner_text()
    page.run("() => { widget.editor.loop = { from: 3, to: 5 }; widget.editor.setActive('mouth_open'); }")
    page.press("r")
    page.double_click("mouth_open", 4.0, 0.6)
    assert "Becomes" in field.inner_text() and "% in place of" in field.inner_text()
    assert field.locator("input").input_value() == "60"


def test_a_drag_ends_where_the_pointer_is_lost(page):
    page.double_click("smile", 2.0, 0.5)
    key = page.at("smile", 2.0, 0.5)
    page.page.mouse.move(key["x"], key["y"])
    page.page.mouse.down()
    page.page.mouse.move(key["x"], key["y"] + 20)
    page.press("f")  # to the whole window: the canvas is another place now
    page.page.mouse.up()
    page.settle()
    text = page.text
    for place in (100, 300):
        page.page.mouse.move(400, place)
        page.settle()
    assert page.text == text and page.run("() => widget.pointer.gesture") is None
    assert page.run("() => JSON.stringify(widget.editor.edits.keys).length > 2 && widget.editor.text") == text
    page.press("f")


def test_the_keyboard_stays_in_the_editor_after_a_number_was_typed(page):
    page.double_click("mouth_open", 2.0, 0.5)
    for keys in ("Enter", "Escape"):
        field = page.page.locator(".aue-field input").nth(1)
        field.click()
        assert page.run("() => String(getSelection())") == field.input_value() != ""
        page.page.keyboard.type("40")
        page.press(keys)
        assert page.run("() => document.activeElement === widget.sink")
    assert field.input_value() == "+40"
    page.press("Control+z")
    page.press("Control+z")
    assert page.text == ""


def test_a_number_that_cannot_be_is_told(page):
    page.double_click("mouth_open", 2.0, 0.5)
    time, value = (page.page.locator(".aue-field input").nth(k) for k in (0, 1))
    news = page.page.locator(".aue-news")
    before = value.input_value()
    for text in ("about half", ""):
        value.fill(text)
        value.press("Enter")
        assert value.input_value() == before and "no number" in news.inner_text()
    value.fill("500 %")
    value.press("Enter")
    assert page.shown("mouth_open", 2.0) == near(1.0) and value.input_value() in news.inner_text()
    assert "as far" in news.inner_text()
    time.fill("99")
    time.press("Enter")
    assert time.input_value() == "5.96" and "5.96" in news.inner_text()


def test_the_face_shows_the_moment_of_a_key_while_it_is_dragged_or_typed(page):
    page.double_click("mouth_open", 2.0, 0.5)
    start, end = page.at("mouth_open", 2.0, 0.5), page.at("mouth_open", 2.4, 0.9)
    page.page.mouse.move(start["x"], start["y"])
    page.page.mouse.down()
    page.page.mouse.move(end["x"], end["y"], steps=4)
    page.settle()
    assert page.run("() => widget.faceView.shown[8]") == near(0.9) and page.run("() => widget.editor.playhead") == 0
    page.page.mouse.up()
    page.settle()
    assert page.run("() => widget.faceView.shown[8] === widget.editor.performance.edited[8][0]")
    page.page.locator(".aue-field input").nth(1).fill("20")
    page.press("Enter")
    assert page.run("() => widget.editor.playhead") == near(2.4) and page.run("() => widget.faceView.shown[8]") == near(
        page.shown("mouth_open", 2.4), 1e-6
    )
