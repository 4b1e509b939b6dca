import assert from "node:assert/strict";
import test from "node:test";

import * as act from "../../web/actions.js";
import { movedBlock, resizedBlock } from "../../web/blocks.js";
import { blankSource, Editor } from "../../web/editor.js";
import { NO_EDITS, parseEdits } from "../../web/edits_json.js";
import { addEmotion, emotionBlocks, ended, placeBlocks } from "../../web/lane.js";
import { blockAt } from "../../web/timeline.js";

const edits = (...spans) => parseEdits(JSON.stringify({ spans: spans.map(([emotion, start, end]) => ({ start, ...(end ? { end } : {}), emotion })) }));
const shown = ({ spans }) => spans.map(({ emotion, start, end }) => [emotion, start, end]);
const named = (list, ...names) => new Set(list.spans.filter(({ emotion }) => names.includes(emotion)));

/** An editor of 6 s over a performance with these emotions. */
function editorOver(spans = [], text = "") {
  const editor = new Editor();
  editor.setSource({ ...blankSource(6), spans: spans.map(([emotion, start, end]) => ({ start, end, emotion, level: 2 })) });
  if (text) editor.setText(text);
  return editor;
}

const CAME = [["happy", 0, 3], ["sad", 3, 6]];

test("a new emotion makes room for itself", () => {
  let { edits: result } = addEmotion(NO_EDITS, "happy", 2, 0, 4, 6);
  ({ edits: result } = addEmotion(result, "sad", 1, 1, 2, 6));
  assert.deepEqual(shown(result), [["happy", 0, 1], ["sad", 1, 2], ["happy", 2, 4]]);
  ({ edits: result } = addEmotion(result, "fear", 1, 0, 4, 6));
  assert.equal(result.spans.length, 1);
  const open = edits(["sad", 0], ["happy", 2]);
  assert.deepEqual(emotionBlocks(open.spans, 5).map(({ from, to }) => [from, to]), [[0, 2], [2, 5]]);
});

test("nothing of an emotion is left where the performance ends before it does", () => {
  const open = edits(["happy", 0]);
  assert.deepEqual(shown(addEmotion(open, "sad", 2, 4, 6, 6).edits), [["happy", 0, 4], ["sad", 4, null]]);
  assert.deepEqual(shown(addEmotion(open, "sad", 2, 4, 5.95, 6).edits), [["happy", 0, 4], ["sad", 4, null]]);
  assert.deepEqual(shown(addEmotion(open, "sad", 2, 2, 4, 6).edits), [["happy", 0, 2], ["sad", 2, 4], ["happy", 4, null]]);
  const later = edits(["happy", 0, 3], ["fear", 8]); // which waits for a longer performance
  assert.deepEqual(shown(addEmotion(later, "sad", 2, 4, 6, 6).edits), [["happy", 0, 3], ["sad", 4, 6], ["fear", 8, null]]);
});

test("a block that is moved or made longer cuts its neighbours as a new one does", () => {
  const start = edits(["happy", 0, 2], ["sad", 2, 4], ["fear", 4]);
  const place = (name, change) => shown(placeBlocks(start, named(start, name), change, 6).edits);
  assert.deepEqual(place("happy", (block) => resizedBlock(block, "end", 3)), [["happy", 0, 3], ["sad", 3, 4], ["fear", 4, null]]);
  assert.deepEqual(place("happy", (block) => resizedBlock(block, "end", 5)), [["happy", 0, 5], ["fear", 5, null]]);
  assert.deepEqual(place("fear", (block) => resizedBlock(block, "start", 1)), [["happy", 0, 1], ["fear", 1, null]]);
  assert.deepEqual(place("sad", (block) => movedBlock(block, -1.5)), [["happy", 0, 0.5], ["sad", 0.5, 2.5], ["fear", 4, null]]);
  assert.deepEqual(place("sad", (block) => movedBlock(block, 2.5)), [["happy", 0, 2], ["fear", 4, 4.5], ["sad", 4.5, null]]);
  const open = (block) => movedBlock(ended(block, 6), -1);
  assert.deepEqual(place("fear", open), [["happy", 0, 2], ["sad", 2, 3], ["fear", 3, 5]]);
});

test("blocks that are moved together do not cut each other", () => {
  const start = edits(["happy", 0, 2], ["sad", 2, 4], ["fear", 4, 6]);
  const both = placeBlocks(start, named(start, "happy", "sad"), (block) => movedBlock(block, 1), 6);
  assert.deepEqual(shown(both.edits), [["happy", 1, 3], ["sad", 3, 5], ["fear", 5, 6]]);
  assert.equal(both.selection.size, 2);
});

test("what a drag cut is whole again when it goes back, and one undo takes it all back", () => {
  const editor = editorOver([], JSON.stringify({ spans: [{ start: 0, end: 2, emotion: "happy" }, { start: 2, end: 4, emotion: "sad" }] }));
  const before = shown(editor.edits);
  editor.select(named(editor.edits, "happy"));
  const drag = act.beginDrag(editor);
  for (const by of [0.4, 1.6, 3]) act.dragTo(editor, drag, { by });
  assert.deepEqual(shown(editor.edits), [["sad", 2, 3], ["happy", 3, 5]]);
  act.dragTo(editor, drag, { by: 0.4 });
  assert.deepEqual(shown(editor.edits), [["happy", 0.4, 2.4], ["sad", 2.4, 4]]);
  assert.deepEqual(shown({ spans: [...editor.selection] }), [["happy", 0.4, 2.4]]);
  editor.flush();
  editor.undo();
  assert.deepEqual(shown(editor.edits), before);
});

test("a drag that is given up leaves no trace, not even to redo", () => {
  const editor = editorOver(CAME);
  editor.select(new Set([editor.incoming[0]]));
  act.dragTo(editor, act.beginDrag(editor), { by: 1 });
  editor.abandon();
  assert.ok(editor.showsIncoming && editor.edits === NO_EDITS && !editor.redo());
  assert.ok(Math.abs(editor.values()[11]) < 1e-6);
});

test("emotions that came in become edits with the first change of one, and not before", () => {
  const editor = editorOver(CAME);
  assert.deepEqual(shown(editor.laneEdits), [["happy", 0, 3], ["sad", 3, null]]);
  editor.select(new Set([editor.incoming[1]]));
  act.addKeyAt(editor, editor.row("smile"), editor.row("smile").channels[0], 1, 0.5);
  assert.ok(editor.showsIncoming && !editor.edits.replaceSpans);
  editor.select(new Set([editor.incoming[0]]));
  act.dragTo(editor, act.beginDrag(editor), { by: 1 });
  editor.flush();
  assert.deepEqual(shown(editor.edits), [["happy", 1, 4], ["sad", 4, null]]);
  assert.equal(JSON.parse(editor.text).replace_spans, true);
  const again = editorOver(CAME, editor.text);
  assert.deepEqual(shown(again.laneEdits), shown(editor.edits));
  editor.undo();
  assert.ok(editor.showsIncoming);
});

test("each change of an emotion that came in does what it says", () => {
  const changes = {
    level: [(editor) => act.setLevel(editor, 3), (editor) => editor.edits.spans[0].level === 3],
    emotion: [(editor) => act.dropEmotion(editor, 1), (editor) => editor.edits.spans[0].emotion === "angry"],
    remove: [act.remove, (editor) => shown(editor.edits).length === 1],
    nudge: [(editor) => act.nudge(editor, 0.5, 0), (editor) => editor.edits.spans[0].start === 0.5],
    stretch: [(editor) => act.stretchTo(editor, act.beginDrag(editor), 0, 0.5), (editor) => editor.edits.spans[0].end === 1.5],
  };
  for (const [name, [change, done]] of Object.entries(changes)) {
    const editor = editorOver(CAME);
    editor.select(new Set([editor.incoming[0]]));
    change(editor);
    assert.ok(editor.edits.replaceSpans && done(editor), name);
  }
  const editor = editorOver(CAME);
  editor.setPlayhead(1);
  act.dropEmotion(editor, 1);
  assert.deepEqual(shown(editor.edits), [["happy", 0, 1], ["angry", 1, 3], ["sad", 3, null]]);
});

test("all emotions can be taken away, and those that came in then stay away", () => {
  const editor = editorOver(CAME);
  editor.setActive("emotions");
  for (const presses of [1, 2]) {
    act.selectAll(editor);
    assert.equal(editor.selection.size, 2, presses);
  }
  act.remove(editor);
  assert.deepEqual([editor.edits.spans.length, editor.showsIncoming, JSON.parse(editor.text)], [0, false, { version: 1, replace_spans: true }]);
  editor.undo();
  assert.ok(editor.showsIncoming);
});

test("edits of emotions from before are added to what comes in, as ever", () => {
  const text = '{"version":1,"spans":[{"start":1,"end":2,"emotion":"fear","level":2}]}';
  const editor = editorOver(CAME, text);
  assert.ok(!editor.showsIncoming);
  act.dropEmotion(editor, 1);
  assert.ok(!editor.edits.replaceSpans);
});

test("neutral alone is no block; another performance with the same emotions keeps what is selected", () => {
  assert.ok(!editorOver([["neutral", 0, 6]]).showsIncoming);
  const editor = editorOver(CAME);
  editor.select(new Set([editor.incoming[0]]));
  editor.setSource({ ...editor.source });
  assert.ok(editor.selection.has(editor.incoming[0]));
  editor.setSource({ ...editor.source, spans: [] });
  assert.equal(editor.selection.size, 0);
});

test("emotions that nobody knows are left out", () => {
  const editor = editorOver([...CAME, ["bored", 1, 2], ["constructor", 2, 3]]);
  assert.deepEqual(shown(editor.laneEdits), [["happy", 0, 3], ["sad", 3, null]]);
  editor.select(new Set([editor.incoming[0]]));
  act.remove(editor);
  assert.ok(editor.values().every(Number.isFinite));
});

test("where blocks touch, the one under the pointer is taken, and both on the seam", () => {
  const blocks = [{ from: 0, to: 100, item: "a" }, { from: 100, to: 200, item: "b" }, { from: 210, to: 260, item: "c" }];
  const at = (x) => [blockAt(blocks, x)].map((found) => found && [found.item, found.part, found.next ?? null])[0];
  assert.deepEqual([95, 99, 101, 105].map(at), [["a", "end", null], ["a", "seam", "b"], ["a", "seam", "b"], ["b", "start", null]]);
  assert.deepEqual([197, 202, 206, 208].map(at), [["b", "end", null], ["b", "end", null], null, ["c", "start", null]]);
  const thin = [{ from: 0, to: 6, item: "a" }, { from: 6, to: 12, item: "b" }];
  assert.deepEqual([3, 6, 9].map((x) => blockAt(thin, x).part), ["body", "seam", "body"]);
});
