"""AU Editor at any size and zoom, its rows, menus and sheets, in a real browser; a part of `make web-test`."""

from editor_page import near


def test_mute_gain_solo_and_only_what_moves(page):
    head = page.page.locator("[id$='-mouth_open']")
    head.get_by_role("button", name="Mute the row").click()
    assert "jaw_open" in page.edits["mutes"] and page.shown("mouth_open", 0.46) == 0
    head.get_by_role("button", name="Mute the row").click()
    assert page.text == ""
    head.get_by_role("button", name="Show this row alone on the face").click()
    page.run("() => widget.editor.setPlayhead(1.5)")
    assert page.run("() => widget.editor.values()[0]") == 0
    head.get_by_role("button", name="Show this row alone on the face").click()
    gain = head.locator("[role=slider]")
    gain.focus()
    page.press("PageUp")
    assert page.edits["gains"]["jaw_open"] == near(1.5)
    gain.dblclick()
    page.settle()
    assert page.text == ""
    page.run("() => widget.focus()")
    page.press("a")
    shown = page.run("() => widget.editor.rows.map((row) => row.id)")
    assert "head" in shown and len(shown) == 7
    page.run("() => widget.editor.setSource(blankSource(2))")
    assert page.run("() => widget.editor.rows.length") == 0


def test_buttons_have_names_and_keys(page):
    """For a screen reader apart, in the tooltip together."""
    for name, keys, told in (("Undo", "Control+Z", "Ctrl + Z"), ("Happy", "5", "5"), ("Mute the row", "D", "D")):
        button = page.page.get_by_role("button", name=name, exact=True).first
        assert button.get_attribute("aria-keyshortcuts") == keys
        assert button.get_attribute("title") == f"{name} ({told})"


def test_controls_without_a_key_can_still_be_read(page):
    """Opacities of a control and of what it lies in are multiplied on the screen."""
    seen = page.run(
        """() => [...document.querySelectorAll(".aue-inspector *")].map((element) => {
            let opacity = 1;
            for (let each = element; each; each = each.parentElement) opacity *= getComputedStyle(each).opacity;
            return opacity;
        })"""
    )
    assert min(seen) == near(0.7)


def test_the_full_window_and_back(page):
    page.run("() => widget.focus()")
    page.press("f")
    box = page.page.locator(".aue").bounding_box()
    assert (box["width"], box["height"]) == (900, 820)
    page.double_click("head", 3.0, 0.2)
    assert "yaw" in page.edits["keys"]
    page.press("Escape")
    page.press("Escape")
    assert page.page.locator(".aue").bounding_box()["width"] == 860


def test_another_size(page):
    page.run("() => { document.getElementById('home').style.cssText = 'width: 560px; height: 1400px'; }")
    page.settle()
    page.settle()
    assert page.run("() => widget.place.width") == near(560 - 212 - 16, 2)
    page.double_click("smile", 1.0, 0.5)
    assert page.edits["keys"]


def test_zoomed_by_the_host(page):
    page.run("() => Object.assign(document.getElementById('home').style, { scale: '0.6', transformOrigin: '0 0' })")
    page.settle()
    box = page.page.locator(".aue-well").bounding_box()
    across, down = page.run(
        """() => {
            const { editor, place } = widget;
            const row = editor.rows.findIndex(({ id }) => id === "brows");
            return [editor.scale.x(3) / place.width, (place.head + place.tops[row] + 10) / place.height];
        }"""
    )
    page.page.mouse.dblclick(box["x"] + across * box["width"], box["y"] + down * box["height"])
    page.settle()
    assert page.key("brow_raise_left", 1)[0] == near(3.0)


def test_in_chinese(page):
    page.open("?seconds=6&language=zh-CN")
    assert page.page.locator(".aue-chip").first.inner_text().endswith("愤怒")


def test_the_full_window_is_used_whatever_its_size(page):
    for width, height in ((1280, 720), (1600, 1100), (1920, 1080), (2560, 1440)):
        page.page.set_viewport_size({"width": width, "height": height})
        page.open()
        page.run("() => widget.toggleFull()")
        page.page.wait_for_timeout(100)
        names = (".aue-stage", ".aue-panel", ".aue-timeline")
        stage, panel, time = (page.page.locator(name).bounding_box() for name in names)
        assert stage["width"] == near(stage["height"], 1) and stage["width"] > 0.27 * width
        assert time["height"] > height - 30 and panel["y"] + panel["height"] > height - 30
        rows = [page.page.locator(f".aue-panel > div:nth-child({k})").bounding_box() for k in (1, 2, 3, 4)]
        assert 0.8 * height < rows[-1]["y"] + rows[-1]["height"] <= height
        assert all(8 <= below["y"] - above["y"] - above["height"] < 28 for above, below in zip(rows, rows[1:]))
        lowest = page.page.locator(".aue-head").last.bounding_box()
        assert 0.97 * height < lowest["y"] + lowest["height"] <= height
        page.run("() => widget.toggleFull()")


def test_switches_of_a_row_are_large_enough_to_hit(page):
    for name in ("[title^='Mute']", "[title^='Show']", ".aue-gain", ".aue-link"):
        box = page.page.locator(f".aue-head.group {name}").first.bounding_box()
        assert box["width"] >= 24 and box["height"] >= 24


def test_the_help_is_readable_in_a_small_node(page):
    for width in (520, 860, 1600):
        page.run("(width) => { document.getElementById('home').style.width = `${width}px`; }", width)
        page.settle()
        page.run("() => widget.toggleHelp()")
        sideways, highest = page.run(
            """() => {
                const sheet = document.querySelector(".aue-help");
                const rows = [...sheet.querySelectorAll(".aue-help-row")];
                return [sheet.scrollWidth - sheet.clientWidth, Math.max(...rows.map((row) => row.offsetHeight))];
            }"""
        )
        assert sideways <= 0 and highest < 75, width
        sheet = page.page.locator(".aue-sheet").bounding_box()
        columns = page.page.locator(".aue-columns").bounding_box()
        assert columns["y"] + columns["height"] > sheet["y"] + sheet["height"] - 24, width  # no empty lower half
        page.run("() => widget.toggleHelp()")


def test_escape_closes_the_text_of_the_edits(page):
    page.page.get_by_role("button", name="File").click()
    page.page.get_by_role("menuitem", name="Edits as text").click()
    assert page.page.locator(".aue-sheet textarea").is_visible()
    page.press("Escape")
    assert page.page.locator(".aue-sheet").count() == 0


def test_the_keyboard_stays_in_the_editor_when_a_menu_closes(page):
    page.double_click("smile", 2.0, 0.5)
    page.page.get_by_role("button", name="File").focus()
    page.press("Enter")
    for key in ("s", "d", "z"):  # commands of the timeline
        page.press(key)
    assert page.run("() => widget.editor.solo.size + widget.editor.edits.mutes.length") == 0
    page.press("ArrowUp")  # the last one: remove all edits
    page.press("Enter")
    assert page.text == ""
    page.press("Control+z")
    assert "lip_corner_raise_left" in page.edits["keys"]


def test_a_press_outside_the_editor_closes_its_menu(page):
    page.page.get_by_role("button", name="File").click()
    assert page.page.locator(".aue-menu").count() == 1
    page.page.mouse.click(890, 815)
    page.settle()
    assert page.page.locator(".aue-menu").count() == 0


def test_a_menu_is_on_the_screen_wherever_its_button_is(page):
    page.run("() => widget.focus()")
    page.press("f")
    for width, height in ((1600, 1000), (900, 820), (900, 560)):
        page.page.set_viewport_size({"width": width, "height": height})
        page.settle()
        for opener in page.page.locator(".aue-menu-button").all():
            opener.click()
            button, menu = opener.bounding_box(), page.page.locator(".aue-menu").bounding_box()
            top, bottom = menu["y"], menu["y"] + menu["height"]
            assert 0 <= top and bottom <= height and (bottom <= button["y"] or button["y"] + button["height"] <= top)
            items = page.page.locator(".aue-menu-item").all()
            assert all(item.bounding_box()["height"] == 26 for item in items)
            opener.click()
