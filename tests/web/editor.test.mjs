import assert from "node:assert/strict";
import test from "node:test";

import * as act from "../../web/actions.js";
import { blankSource } from "../../web/editor.js";
import { isClip, isEntry, performanceCsv, performanceJson, readFile, withPerformance } from "../../web/files.js";
import { History } from "../../web/history.js";
import { bindingFor, BINDINGS } from "../../web/keyboard.js";
import { Playback } from "../../web/playback.js";
import * as rows from "../../web/row_actions.js";
import { sourceFrom } from "../../web/source.js";
import { LANGUAGES, unitName, wordsIn } from "../../web/strings.js";
import { blockAt, clock, insideBox, nearest, rowAt, snapped, TimeScale, tops } from "../../web/timeline.js";
import { COLUMNS, EMOTIONS, PRESETS } from "../../web/units.js";
import { editorWith } from "./editor_with.js";

test("steps are undone and redone, those of a gesture together", () => {
  const history = new History(0);
  history.push(1);
  history.push(2, "drag");
  history.push(3, "drag");
  history.seal();
  history.push(4, "drag");
  const seen = [];
  while (history.undo()) seen.push(history.state);
  while (history.redo()) seen.push(history.state);
  assert.deepEqual(seen, [3, 1, 0, 1, 3, 4]);
  history.undo();
  history.push(9);
  assert.equal(history.redo(), false);
  for (let k = 0; k < 1000; k++) history.push(100 + k);
  assert.ok(history.past.length <= 200);
});

test("time to x and back, zoom around a point, inside the performance", () => {
  const scale = new TimeScale(60, 600);
  assert.ok(Math.abs(scale.time(scale.x(12.5)) - 12.5) < 1e-9);
  const x = scale.x(20);
  scale.zoom(x, 8);
  assert.ok(Math.abs(scale.x(20) - x) < 1e-9);
  scale.pan(-1e9);
  assert.equal(scale.start, 0);
  scale.pan(1e9);
  assert.ok(scale.end < 62);
  scale.zoom(0, 1e-9);
  assert.equal(scale.start, 0);
  scale.zoom(300, 1e9);
  assert.equal(scale.scale, 2400);
  scale.reveal(59);
  assert.ok(scale.start < 59 && scale.end > 59);
});

test("another length or width keeps a view of the whole one of the whole", () => {
  const scale = new TimeScale(4, 600);
  scale.resize(600, 900);
  assert.ok(scale.end >= 600);
  scale.zoom(0, 20);
  const before = scale.scale;
  scale.resize(600, 400);
  assert.equal(scale.scale, before);
});

test("marks of the ruler do not crowd, from one frame to hours", () => {
  for (const seconds of [0.04, 1, 6, 61, 600, 36000]) {
    const labels = new TimeScale(seconds, 700).ticks().filter(({ label }) => label !== null);
    assert.ok(labels.length >= 1 && labels.length <= 14, `${seconds}: ${labels.length}`);
  }
  assert.deepEqual([clock(0), clock(65.5), clock(59.999), clock(3599.2, 0)], ["0:00.00", "1:05.50", "1:00.00", "59:59"]);
});

test("snapping goes to frames, also odd ones, and not before 0", () => {
  assert.deepEqual([snapped(1.03, 25), snapped(-1, 25), snapped(0.5, 29.97)], [1.04, 0, 0.500501]);
  assert.equal(snapped(1.03, 25, false), 1.03);
});

test("what lies under the pointer", () => {
  const points = [{ x: 10, y: 10 }, { x: 13, y: 10 }, { x: 90, y: 90 }];
  assert.equal(nearest(points, 12, 10, 8), points[1]);
  assert.equal(nearest(points, 50, 50, 8), null);
  assert.deepEqual([5, 60, 99, 101, -1].map((y) => rowAt(tops([50, 30, 20]), y)), [0, 1, 2, -1, -1]);
  const blocks = [{ from: 0, to: 100, item: "a" }, { from: 80, to: 120, item: "b" }];
  assert.deepEqual([1, 50, 90, 119, 300].map((x) => blockAt(blocks, x)?.part ?? null), ["start", "body", "body", "end", null]);
  assert.equal(blockAt(blocks, 90).item, "b");
  assert.ok(insideBox({ x: 5, y: 5 }, { x0: 10, y0: 0, x1: 0, y1: 10 }));
});

test("every change is written, a gesture once", () => {
  const { editor, written } = editorWith();
  const row = editor.row("smile");
  act.addKeyAt(editor, row, row.channels[0], 2, 0.5);
  const drag = act.beginDrag(editor);
  for (let k = 1; k < 9; k++) act.dragTo(editor, drag, { by: 0.04 * k, delta: 0.01 * k, channel: row.channels[0], row });
  assert.equal(written.length, 1);
  editor.flush();
  assert.equal(written.length, 2);
  editor.undo();
  assert.equal(written[2], written[0]);
});

test("edits survive another voice, length and frame rate", () => {
  const { editor } = editorWith('{"keys": {"jaw_open": [[1, 0.2], [90, 0.5]]}, "spans": [{"start": 50, "emotion": "sad"}]}');
  const { text } = editor;
  for (const source of [blankSource(0.04), { ...blankSource(2), fps: 12.5 }, { ...blankSource(100), fps: 60 }]) {
    editor.setSource(source);
    editor.setPlayhead(1e9);
    assert.ok(editor.playhead <= editor.lastTime && editor.values().every(Number.isFinite));
  }
  assert.equal(editor.text, text);
});

test("a text that cannot be used is never written over", () => {
  const { editor, written } = editorWith('{"version": 7}');
  assert.match(editor.problem, /newer AUHead/);
  act.dropEmotion(editor, 5);
  act.addKeyAt(editor, editor.row("smile"), editor.row("smile").channels[0], 1, 0.5);
  act.mirror(editor);
  editor.undo();
  editor.flush();
  assert.deepEqual(written, []);
  editor.setText("");
  act.dropEmotion(editor, 5);
  assert.equal(written.length, 1);
});

test("starting afresh leaves no edits, and an undo brings back what was valid before", () => {
  const { editor, written } = editorWith('{"keys": {"yaw": [[1, 0.2]]}}');
  const before = editor.edits;
  editor.setText('{"keys": {"yaw": [[1', true);
  assert.equal(editor.edits, before);
  editor.startAfresh();
  assert.deepEqual([editor.text, written.at(-1), editor.problem, editor.values()[34]], ["", "", null, 0]);
  editor.undo();
  assert.deepEqual(JSON.parse(written.at(-1)).keys.yaw, [[1, 0.2]]);
});

test("a text of the workflow that cannot be used brings nothing of the one before it", () => {
  const { editor } = editorWith('{"keys": {"yaw": [[1, 0.2]]}}');
  editor.setText('{"version": 9}');
  assert.equal(editor.values()[34], 0);
  editor.startAfresh();
  assert.deepEqual([editor.text, editor.undo(), editor.text], ["", true, ""]);
});

test("one editor plays at a time", () => {
  const playbacks = [0, 1].map(() => new Playback(editorWith().editor, { play: () => {}, stop: () => {} }));
  const playing = () => playbacks.map(({ editor }) => editor.playing);
  playbacks[0].start();
  playbacks[1].start();
  assert.deepEqual(playing(), [false, true]);
  playbacks[0].start();
  playbacks[0].stop();
  playbacks[1].start();
  assert.deepEqual(playing(), [false, true]);
});

test("everything can be done with a performance of one frame", () => {
  const { editor } = editorWith();
  editor.setSource(blankSource(0.04));
  const row = editor.row("head");
  act.addKeyAt(editor, row, row.channels[0], 0, 0.2);
  act.dropEmotion(editor, 1);
  act.dropGesture(editor, "idle");
  act.replaceHere(editor);
  act.applyPose(editor, act.poseHere(editor));
  assert.ok(Math.abs(editor.values()[34] - 0.2) < 0.05);
});

test("copied keys are pasted at the playhead, into another row, and mirrored", () => {
  const { editor } = editorWith();
  const brows = editor.row("brows");
  act.addKeyAt(editor, brows, brows.channels[0], 1, 0.8);
  const clip = JSON.parse(JSON.stringify(act.copied(editor)));
  assert.ok(isClip(clip) && !isClip({ ...clip, keys: [{ c: 99 }] }) && !isClip(null) && !isClip("x"));
  editor.setPlayhead(3);
  act.paste(editor, clip);
  assert.equal(editor.edits.keys.brow_raise_left.length, 6);
  editor.setActive("mouth_open");
  act.paste(editor, clip);
  assert.deepEqual(editor.edits.keys.jaw_open.map(({ time }) => time), [2.6, 3, 3.4]);
});

test("solo, mute and gain", () => {
  const { editor } = editorWith('{"keys": {"jaw_open": [[0, 0.4]], "yaw": [[0, 0.2]]}, "mutes": ["pose", "cheeks"]}');
  const [jaw, yaw] = [8, 34];
  assert.deepEqual([editor.values()[jaw], editor.values()[yaw]], [Math.fround(0.4), 0]);
  rows.toggleMute(editor, editor.row("head"));
  assert.equal(editor.values()[yaw], Math.fround(0.2));
  assert.ok(editor.edits.mutes.includes("cheek_puff"));
  rows.toggleSolo(editor, editor.row("head"));
  assert.equal(editor.values()[jaw], 0);
  rows.setGain(editor, editor.row("smile"), 1.5);
  assert.equal(rows.gainOf(editor, editor.row("smile")), 1.5);
  rows.setGain(editor, editor.row("smile"), 1);
  assert.deepEqual(editor.edits.gains, {});
});

test("files come back as they went", () => {
  const { editor } = editorWith('{"keys": {"jaw_open": [[0, 0], [2, 0.6]]}}');
  const table = editor.performance.edited;
  for (const write of [performanceJson, performanceCsv]) {
    const { performance } = readFile(write(table, 25, [{ start: 0, end: 1, emotion: "sad", level: 1 }]));
    assert.deepEqual([performance.frames, Math.round(performance.fps)], [100, 25]);
    performance.columns.jaw_open.forEach((value, frame) => assert.ok(Math.abs(value - table[8][frame]) < 1e-6));
    const { edits } = withPerformance(editor.edits, performance, 1);
    assert.ok(edits.replace[0].keys.jaw_open.length < 30);
  }
  assert.ok(readFile(editor.text).edits);
  for (const text of ["", "{}", "hello", "[]", "null", "a,b\n1,2", '{"format":"auhead-au","values":[]}']) {
    const found = readFile(text);
    assert.ok(!found?.edits && !found?.performance, text);
  }
  assert.match(readFile('{"keys": 5}').error, /keys/);
});

test("poses of a library are checked", () => {
  assert.ok(isEntry({ name: "a", pose: { jaw_open: 0.2 } }));
  for (const bad of [null, {}, { name: "a" }, { name: 1, pose: {} }, { name: "a", pose: { ear: 1 } }, { name: "a", pose: { yaw: "x" } }]) {
    assert.ok(!isEntry(bad));
  }
});

test("what a run tells is read, and what is none is none", () => {
  const steps = new Int16Array([0, 32767, -16384]);
  const data = Buffer.from(steps.buffer).toString("base64");
  const told = { performance: { fps: 25, frames: 3, columns: { yaw: { scale: 0.5, data } }, spans: [] } };
  const source = sourceFrom(told, (file) => `/view?${file.filename}`);
  assert.deepEqual([...source.columns.yaw].map((value) => value.toFixed(3)), ["0.000", "0.500", "-0.250"]);
  assert.equal(source.sound, null);
  assert.equal(sourceFrom({ ...told, sound: { filename: "a" } }, (file) => file.filename).sound, "a");
  for (const bad of [null, undefined, {}, { performance: { fps: 0, frames: 2 } }, { performance: { fps: 25, frames: 0.5 } }]) {
    assert.equal(sourceFrom(bad), null);
  }
});

test("keys of the keyboard", () => {
  const press = (key, code = "", more = {}) => bindingFor({ key, code, ...more });
  assert.equal(press("z", "KeyZ", { ctrlKey: true }), "undo");
  assert.equal(press("Z", "KeyZ", { metaKey: true, shiftKey: true }), "redo");
  assert.equal(press("s", "KeyS", { ctrlKey: true }), null);
  assert.deepEqual([press("7", "Digit7"), press("m"), press(" "), press("?"), press("Tab")], ["drop", "mirror", "play", "help", null]);
  const names = BINDINGS.map(([, name]) => name);
  assert.equal(new Set(names).size, names.length);
});

test("there are words for everything, in both languages", () => {
  const needed = [
    ...BINDINGS.map(([, name]) => name),
    ...EMOTIONS.map((name) => `emotion_${name}`),
    ...PRESETS.filter((name) => !EMOTIONS.includes(name)).map((name) => `preset_${name}`),
  ];
  assert.deepEqual(Object.keys(LANGUAGES.zh).sort(), Object.keys(LANGUAGES.en).sort());
  for (const table of Object.values(LANGUAGES)) for (const name of needed) assert.ok(table[name], name);
  for (const language of ["en", "zh-TW", "de", undefined]) {
    const words = wordsIn(language);
    for (const column of COLUMNS) assert.ok(!unitName(words, column).startsWith("unit_"), column.id);
  }
});

const smiling = (editor, time) => act.addKeyAt(editor, editor.row("smile"), editor.row("smile").channels[0], time, 0.5);

test("a bump that is pasted near the beginning can still be stored", () => {
  for (const [at, first] of [[0.2, [0, 0]], [0, [0, 0.5]]]) {
    const { editor, written } = editorWith();
    smiling(editor, 1);
    const clip = act.copied(editor);
    editor.commit({ ...editor.edits, keys: {} }, new Set());
    assert.equal(act.paste(editor, clip, false, at), null);
    assert.deepEqual(JSON.parse(written.at(-1)).keys.lip_corner_raise_left[0], first);
    assert.equal(editorWith(written.at(-1)).editor.problem, null);
  }
});

test("what is dragged together to the beginning does not run into one another", () => {
  const { editor } = editorWith('{"version": 1, "keys": {"yaw": [[1, 0.2], [2, 0.4]]}, "presets": [{"name": "nod", "start": 0.5}]}');
  editor.select(new Set([...editor.edits.keys.yaw, ...editor.edits.presets]));
  act.dragTo(editor, act.beginDrag(editor), { by: -1.5 });
  assert.deepEqual(editor.edits.keys.yaw.map(({ time }) => time), [0.5, 1.5]);
  assert.equal(editor.edits.presets[0].start, 0);
});

test("a typed time stays inside the performance", () => {
  const { editor, written } = editorWith('{"version": 1, "keys": {"yaw": [[1, 0.2]]}}');
  editor.select(new Set(editor.edits.keys.yaw));
  act.setTime(editor, Infinity);
  assert.deepEqual(JSON.parse(written.at(-1)).keys.yaw, [[editor.lastTime, 0.2]]);
});

test("nothing that cannot be stored gets into the edits", () => {
  const clip = { kind: "auhead-keys", keys: [], spans: [], presets: [], channel: null, start: 0 };
  const preset = { name: "nod", start: 0, seconds: 1, level: 2, weight: 1 };
  assert.ok(isClip({ ...clip, presets: [preset] }));
  const bad = [
    { keys: [null] },
    { spans: [null] },
    { presets: [{ ...preset, name: "constructor" }] },
    { presets: [{ ...preset, level: 9 }] },
    { presets: [{ ...preset, seconds: undefined }] },
    { spans: [{ start: 0, end: 1, emotion: "happy", level: "2" }] },
  ];
  for (const part of bad) {
    assert.equal(isClip({ ...clip, ...part }), false, JSON.stringify(part));
    assert.equal(isEntry({ name: "x", clip: { ...clip, ...part } }), false);
  }
  const { editor, written } = editorWith();
  const huge = { c: 0, time: 1, value: 1e300, ease: "smooth" };
  assert.match(act.paste(editor, { ...clip, keys: [huge], channel: "smile" }), /eye_closure_left/);
  assert.match(act.applyPose(editor, { yaw: 1e300 }), /yaw/);
  assert.match(editor.adopt({ ...editor.edits, offsets: { yaw: NaN } }), /yaw/);
  assert.deepEqual(written, []);
  assert.equal(editor.history.past.length, 0);
});

test("a performance's file whose tables differ in length gives no empty keys", () => {
  const file = { format: "auhead-au", fps: 25, values: [Array(24).fill(0.5), Array(24).fill("Infinity")], pose: [[1, 0, 0, 0, 0, 0]] };
  const { performance } = readFile(JSON.stringify(file));
  assert.equal(performance.columns.yaw, undefined);
  assert.equal(performance.columns.jaw_open[1], 0);
  assert.ok(readFile(JSON.stringify({ ...file, extra: { length: 1e12 } })).performance);
});

test("undo brings the balance back with the keys that it divided", () => {
  const { editor } = editorWith();
  smiling(editor, 1);
  const row = editor.row("smile");
  rows.setBalance(editor, row, 0.5, "knob");
  rows.setBalance(editor, row, 0.8, "knob");
  editor.flush();
  const right = () => editor.edits.keys.lip_corner_raise_right[1].value;
  assert.ok(Math.abs(right() - 0.1) < 1e-3 && editor.balanceOf(row) === 0.8);
  editor.undo();
  assert.ok(Math.abs(right() - 0.5) < 1e-3 && editor.balanceOf(row) === 0);
  editor.redo();
  assert.ok(Math.abs(right() - 0.1) < 1e-3 && editor.balanceOf(row) === 0.8);
});
