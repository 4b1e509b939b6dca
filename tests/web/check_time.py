"""Time in AU Editor in a real browser: zooming, playing, loops, what stops it; a part of `make web-test`."""

from editor_page import near


def test_the_wheel_zooms_at_the_pointer_and_shift_pans(page):
    point = page.at("smile", 3.0)
    page.page.mouse.move(point["x"], point["y"])
    page.page.mouse.wheel(0, -600)
    page.settle()
    assert page.at("smile", 3.0)["x"] == near(point["x"], 4) and page.run("() => widget.editor.scale.scale") > 200
    page.page.keyboard.down("Shift")
    page.page.mouse.wheel(0, 200)
    page.page.keyboard.up("Shift")
    page.settle()
    assert page.at("smile", 3.0)["x"] < point["x"] - 50
    before = page.at("smile", 3.0)["x"]
    page.page.mouse.down(button="middle")
    page.page.mouse.move(point["x"] + 60, point["y"])
    page.page.mouse.up(button="middle")
    page.settle()
    assert page.at("smile", 3.0)["x"] == near(before + 60, 1)
    page.press("0")
    assert page.run("() => widget.editor.scale.start") == 0


def test_a_loop_plays_and_stays_inside(page):
    page.drag(("ruler", 1.0), ("ruler", 1.0))
    page.page.keyboard.down("Shift")
    page.drag(("ruler", 2.0), ("ruler", 2.4))
    page.page.keyboard.up("Shift")
    assert page.run("() => widget.editor.loop") == {"from": near(2.0, 0.05), "to": near(2.4, 0.05)}
    page.press("Space")
    page.page.wait_for_timeout(900)
    assert page.run("() => widget.editor.playing") and 1.95 < page.run("() => widget.editor.playhead") < 2.45
    page.press("Space")
    assert not page.run("() => widget.editor.playing")


def test_play_stops_at_the_end_without_a_loop(page):
    page.press("l")
    page.run("() => widget.editor.setPlayhead(5.7)")
    page.run("() => widget.focus()")
    page.press("l")
    page.press("Space")
    page.page.wait_for_timeout(900)
    assert not page.run("() => widget.editor.playing")
    assert page.run("() => widget.editor.playhead") == near(5.96)


def test_compare_while_the_key_is_held(page):
    page.double_click("mouth_open", 2.0, 0.9)
    page.run("() => widget.editor.setPlayhead(2)")
    page.page.keyboard.down("b")
    page.settle()
    held = page.run("() => widget.editor.values()[8]")
    page.page.keyboard.up("b")
    page.settle()
    assert held < 0.5 < page.run("() => widget.editor.values()[8]")


def test_no_sound_no_face_one_frame(page):
    page.run("() => widget.setSource({ ...speech(0.04), sound: '/nowhere.flac', peaks: null })")
    page.settle()
    page.run("() => widget.focus()")
    page.press("Space")
    page.page.wait_for_timeout(200)
    page.press("k")
    page.press("Space")
    page.run("() => widget.setPortrait({ version: -1 })")
    page.run("() => widget.setPortrait(null)")
    page.page.wait_for_timeout(200)


def test_a_node_that_goes_while_it_plays(page):
    page.press("Space")
    page.run("() => { widget.togglePlay(); widget.dispose(); }")
    page.page.wait_for_timeout(200)
    assert page.page.locator(".aue").count() == 0


def test_a_run_that_changes_nothing_beneath_the_edits_leaves_it_playing(page):
    page.run("() => widget.togglePlay()")
    page.run("() => widget.setSource({ ...widget.editor.source })")
    assert page.run("() => widget.editor.playing")
    page.run("() => widget.setSource({ ...widget.editor.source, frames: 50 })")
    assert not page.run("() => widget.editor.playing")


def test_what_cannot_be_seen_does_not_go_on_playing(page):
    page.run("() => widget.togglePlay()")
    page.run("() => { document.getElementById('home').style.display = 'none'; }")
    page.settle()
    assert not page.run("() => widget.editor.playing")
