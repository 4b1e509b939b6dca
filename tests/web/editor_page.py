"""AU Editor on a page of its own, as a user has it: rows by name, seconds, values."""

import json

import pytest


def near(expected, tolerance=0.03):
    return pytest.approx(expected, abs=tolerance)


class Page:
    def __init__(self, page, address):
        self.page, self.address, self.problems = page, address, []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.problems.append(message.text)
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )

    def open(self, query="?seconds=6"):
        self.page.goto(self.address + query)
        self.page.wait_for_function("window.widget?.place")
        self.settle()
        return self

    def run(self, script, argument=None):
        return self.page.evaluate(script, argument)

    def settle(self):
        """Two frames of the screen later."""
        self.run("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    @property
    def text(self):
        return self.run("() => widget.editor.text")

    @property
    def edits(self):
        return json.loads(self.text or "{}")

    def key(self, column, index):
        return self.edits["keys"][column][index]

    def at(self, row, seconds, value=0.0):
        """The point of the screen of a row, a time and a value; rows "ruler", "wave" and "emotions" have no value."""
        return self.run(
            """async ([id, seconds, value]) => {
                const { rowScale, LANES } = await import("/web/places.js");
                const box = widget.well.getBoundingClientRect();
                const lanes = { ruler: 6, wave: LANES.ruler + 10, emotions: LANES.ruler + LANES.wave + 18 };
                const index = widget.editor.rows.findIndex((row) => row.id === id);
                const y = id in lanes ? lanes[id] : rowScale(widget.editor, widget.place, index).y(value);
                return { x: box.left + widget.editor.scale.x(seconds), y: box.top + y };
            }""",
            [row, seconds, value],
        )

    def shown(self, row, seconds, channel=0):
        return self.run(
            """([id, seconds, channel]) => {
                const { editor } = widget;
                return editor.curve(editor.row(id).channels[channel]).edited[editor.frameAt(seconds)];
            }""",
            [row, seconds, channel],
        )

    def double_click(self, row, seconds, value=0.0):
        point = self.at(row, seconds, value)
        self.page.mouse.dblclick(point["x"], point["y"])
        self.settle()

    def click(self, row, seconds, value=0.0, **how):
        point = self.at(row, seconds, value)
        self.page.mouse.click(point["x"], point["y"], **how)
        self.settle()

    def drag(self, start, end, keys=()):
        start, end = (self.at(*place) if isinstance(place, tuple) else place for place in (start, end))
        mouse, keyboard = self.page.mouse, self.page.keyboard
        mouse.move(start["x"], start["y"])
        mouse.down()
        for name in keys:
            keyboard.down(name)
        for step in range(1, 6):
            share = step / 5
            mouse.move(start["x"] + share * (end["x"] - start["x"]), start["y"] + share * (end["y"] - start["y"]))
            self.settle()
        mouse.up()
        for name in keys:
            keyboard.up(name)
        self.settle()

    def press(self, keys):
        self.page.keyboard.press(keys)
        self.settle()
