import assert from "node:assert/strict";
import test from "node:test";

import * as act from "../../web/actions.js";
import { blankSource } from "../../web/editor.js";
import { chosenKey, setChosen } from "../../web/key_numbers.js";
import { editorWith } from "./editor_with.js";

test("the number of a key is its row's own, with its sign, and so is one that is typed", () => {
  const { editor } = editorWith();
  const column = (value) => new Float32Array(100).fill(value);
  editor.setSource({ ...blankSource(4), columns: { lip_corner_down_left: column(0.3), lip_corner_down_right: column(0.3) } });
  const row = editor.row("smile");
  const told = () => ["value", "under"].map((name) => Math.round(100 * chosenKey(editor)[name]));
  const shown = () => Math.round(100 * editor.curve(row.channels[0]).edited[50]);
  editor.setActive("smile");
  act.addKeyAt(editor, row, row.channels[0], 2, -0.7);
  assert.deepEqual([...told(), shown()], [-40, -30, -70]); // the frown grows, though no unit of the smile does
  setChosen(editor, 0.8);
  assert.deepEqual([...told(), shown()], [80, -30, 50]); // of which 30 take the frown away
  setChosen(editor, 9);
  assert.deepEqual([...told(), shown()], [130, -30, 100]);
  editor.loop = { from: 1, to: 3 };
  act.replaceHere(editor);
  act.addKeyAt(editor, row, row.channels[0], 2, -0.5);
  assert.equal(chosenKey(editor).replaces, true);
  assert.deepEqual(told(), [-50, -30]);
});

test("a key without a part in what its row shows has no number there", () => {
  const { editor } = editorWith('{"keys": {"cheek_raise_left": [[1, 0.5]], "lip_corner_down_left": [[2, 0.5]]}}');
  const [cheek, frown] = ["cheek_raise_left", "lip_corner_down_left"].map((id) => editor.edits.keys[id][0]);
  editor.setActive("smile");
  editor.select(new Set([cheek]));
  assert.equal(chosenKey(editor), null);
  editor.select(new Set([frown]));
  assert.equal(chosenKey(editor).value, -0.25); // of one side
});
