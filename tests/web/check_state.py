"""What AU Editor keeps and what it takes in, in a real browser: texts, files; a part of `make web-test`."""

from editor_page import near


def test_everything_is_there_after_a_reload(page):
    page.double_click("smile", 2.0, 0.7)
    page.page.locator("[id$='-smile'] .aue-caret").click()
    text = page.text
    page.open()
    assert page.text == text and page.run("() => widget.editor.view.open.has('smile')")
    assert page.shown("smile", 2.0) == near(0.7)


def test_edits_survive_another_performance(page):
    page.double_click("mouth_open", 5.0, 0.8)
    text = page.text
    for seconds in (2, 0.04, 30):
        page.run("(seconds) => widget.setSource(speech(seconds, seconds < 1 ? 25 : 30))", seconds)
        page.settle()
        assert page.text == text
    assert page.shown("mouth_open", 5.0) > 0.3


def test_a_text_that_cannot_be_used_is_kept(page):
    for text in ('{"version": 9}', '{"keys": {"jaw_open": [[0, NaN]]}}', "{", "[]"):
        page.run("(text) => { saved.text = text; widget.setText(text); }", text)
        page.settle()
        assert page.page.locator(".aue-banner").is_visible()
        page.double_click("smile", 2.0, 0.5)
        page.press("5")
        page.press("Delete")
        assert page.text == text and page.run("() => saved.text") == text
    page.page.get_by_role("button", name="Start afresh").click()
    page.double_click("smile", 2.0, 0.5)
    assert page.edits["keys"] and not page.page.locator(".aue-banner").is_visible()


def test_two_editors_do_not_disturb_each_other(page):
    page.run(
        """() => {
            const home = document.createElement('div');
            home.style.cssText = 'width: 860px; height: 700px';
            document.body.append(home);
            window.other = make(home, { text: '', view: null });
        }"""
    )
    page.double_click("smile", 2.0, 0.6)
    page.press("5")
    spans = page.edits["spans"]
    assert page.run("() => other.editor.text") == "" and len(spans) == 3
    page.run("() => other.focus()")
    page.press("7")
    page.press("Control+z")
    assert page.run("() => other.editor.text") == "" and page.edits["spans"] == spans
    page.run("() => other.togglePlay()")
    page.run("() => widget.togglePlay()")
    assert page.run("() => [widget, other].map((each) => each.editor.playing)") == [True, False]


def test_files_in_and_out(page, tmp_path):
    page.double_click("smile", 2.0, 0.6)
    text = page.text
    files = {}
    for name in ("Save edits (.json)", "Save the performance (.json)", "Save the performance (.csv)"):
        page.page.get_by_role("button", name="File").click()
        with page.page.expect_download() as found:
            page.page.get_by_role("menuitem", name=name).click()
        files[name] = tmp_path / found.value.suggested_filename
        found.value.save_as(files[name])
    page.press("Control+z")
    assert page.text == ""
    for path in files.values():
        page.page.get_by_role("button", name="File").click()
        with page.page.expect_file_chooser() as chooser:
            page.page.get_by_role("menuitem", name="Open edits or a performance").click()
        chooser.value.set_files(path)
        page.page.wait_for_timeout(150)
        assert page.shown("smile", 2.0) == near(0.6, 0.03), path.name
        if path.name == "edits.json":
            assert page.text == text
        told = "opened" if path.name == "edits.json" else "opened, from 0:00.00 on"
        assert page.page.locator(".aue-news").inner_text() == f"{path.name} {told}"
        page.press("Control+z")
    from auhead_models.au import formats

    for path in list(files.values())[1:]:
        sequence = formats.load(path)
        assert len(sequence) == 150 and sequence["lip_corner_raise_left"].max() > 0.5 and sequence.spans
