import assert from "node:assert/strict";
import test from "node:test";

import * as act from "../../web/actions.js";
import { carriedOver, resume } from "../../web/carry_over.js";
import { blankSource } from "../../web/editor.js";
import { editorWith } from "./editor_with.js";

test("an editor goes on where another one of the same edits was left", () => {
  const { editor: left } = editorWith();
  left.setSource({ ...blankSource(6), spans: [{ start: 0, end: 3, emotion: "happy", level: 2 }] });
  for (const seconds of [1, 2]) act.addKeyAt(left, left.row("smile"), left.row("smile").channels[0], seconds, 0.5);
  left.undo();
  left.select(new Set(left.incoming));
  left.setPlayhead(5);
  left.scale.zoom(300, 4);
  const { editor, written } = editorWith(left.text);
  assert.ok(resume(editor, carriedOver(left)));
  editor.setSource({ ...blankSource(6), spans: [{ start: 0, end: 3, emotion: "happy", level: 2 }] });
  assert.equal(editor.playhead, 5);
  assert.equal(editor.scale.scale, 400 / 1.02);
  assert.ok(editor.incoming.every((span) => editor.selection.has(span)));
  assert.ok(editor.redo());
  assert.equal(JSON.parse(written.at(-1)).keys.lip_corner_raise_left.length, 6);
  assert.ok(editor.undo() && editor.undo());
  assert.equal(written.at(-1), "");
});

test("an editor of other edits begins anew", () => {
  const { editor: left } = editorWith('{"keys": {"jaw_open": [[1, 0.5]]}}');
  left.setPlayhead(2);
  for (const text of ["", "{"]) {
    const { editor } = editorWith(text);
    assert.equal(resume(editor, carriedOver(left)), false);
    assert.deepEqual([editor.playhead, editor.text], [0, text]);
  }
});

test("what a run told stays with edits that cannot be read", () => {
  const [{ editor: left }, { editor }] = [editorWith("{"), editorWith("{")];
  assert.ok(resume(editor, carriedOver(left)) && editor.problem);
});
