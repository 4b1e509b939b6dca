import assert from "node:assert/strict";
import test from "node:test";

import { lastMoment, mapBlocks, movedBlock, resizedBlock, stretchedBlock } from "../../web/blocks.js";
import { curveAt, fillCurve } from "../../web/curve.js";
import { editsToJson, NO_EDITS, parseEdits } from "../../web/edits_json.js";
import { addKey, channelKeys, insertKeys, layerAt, mapKeys, mirrored, restsBeside, simplified, softWeights } from "../../web/keys.js";
import { channelAfter, deltaFor, ROWS, sideShare } from "../../web/rows.js";
import { COLUMNS } from "../../web/units.js";

const column = (id) => COLUMNS.findIndex((each) => each.id === id);
const unit = (id) => ({ id, parts: [[column(id), 1]], up: [column(id)], down: [] });
const smile = ROWS.find((row) => row.id === "smile").linked[0];
const edits = (data) => parseEdits(JSON.stringify(data));
const rows = (keys) => keys.map(({ time, value }) => [time, value]);

test("every column is in exactly one row", () => {
  const all = ROWS.flatMap((row) => row.columns).sort((a, b) => a - b);
  assert.deepEqual(all, COLUMNS.map((_, c) => c));
});

test("a first key comes and goes by itself; one between others stands alone", () => {
  const once = addKey(NO_EDITS, unit("jaw_open"), 2, 0.5);
  assert.deepEqual(rows(once.edits.keys.jaw_open), [[1.6, 0], [2, 0.5], [2.4, 0]]);
  const within = addKey(once.edits, unit("jaw_open"), 2.2, 0.1);
  assert.equal(within.edits.keys.jaw_open.length, 4);
  const late = addKey(once.edits, unit("jaw_open"), 9, 0.3);
  assert.deepEqual(rows(late.edits.keys.jaw_open).slice(3), [[8.6, 0], [9, 0.3], [9.4, 0]]);
  const early = addKey(NO_EDITS, unit("jaw_open"), 0, 0.3);
  assert.deepEqual(rows(early.edits.keys.jaw_open), [[0, 0.3], [0.4, 0]]);
  assert.deepEqual(rows(addKey(NO_EDITS, unit("jaw_open"), 2, 0.5, { ease: 0 }).edits.keys.jaw_open), [[2, 0.5]]);
});

test("a key in a replaced range belongs to the range", () => {
  const start = edits({ replace: [{ start: 1, end: 2, keys: { jaw_open: [] } }] });
  const { edits: result } = addKey(start, unit("jaw_open"), 1.5, 0.4);
  assert.deepEqual(rows(result.replace[0].keys.jaw_open), [[1.5, 0.4]]);
  assert.deepEqual(result.keys, {});
  assert.deepEqual([0.5, 1, 1.5, 2].map((time) => layerAt(start, column("jaw_open"), time)), [-1, 0, 0, -1]);
});

test("a channel's keys are those of its columns at one time", () => {
  const { edits: result } = addKey(NO_EDITS, smile, 2, 0.6);
  const keys = channelKeys(result, smile);
  assert.deepEqual(keys.map(({ time, members }) => [time, members.length]), [[1.6, 6], [2, 6], [2.4, 6]]);
  assert.equal(channelKeys(edits({ keys: { jaw_open: [[1, 0], [1, 0.5]] } }), unit("jaw_open")).length, 2);
});

test("the edit that shows a value is found, and the ends of the range hold", () => {
  const still = COLUMNS.map(() => 0);
  for (const target of [-1, -0.3, 0, 0.01, 0.5, 1]) {
    const delta = deltaFor(smile, still, target);
    assert.ok(Math.abs(channelAfter(smile, still, delta) - target) < 1e-6, `${target}`);
  }
  const smiling = still.map((_, c) => (COLUMNS[c].id.startsWith("lip_corner_raise") ? 0.6 : 0));
  assert.ok(Math.abs(channelAfter(smile, smiling, deltaFor(smile, smiling, -0.2)) + 0.2) < 1e-6);
  assert.ok(Math.abs(channelAfter(smile, still, deltaFor(smile, still, 7)) - 1) < 1e-6);
});

test("a key of some of a channel's columns follows the pointer as far as those columns go", () => {
  const raised = COLUMNS.map(({ id }) => (id.startsWith("lip_corner_raise") ? 0.6 : 0));
  const some = { ...smile, parts: smile.parts.filter(([c]) => COLUMNS[c].id.startsWith("lip_corner_raise")) };
  for (const target of [0.5, 0.2, 0]) {
    const delta = deltaFor(some, raised, target);
    const moved = raised.map((value, c) => value + (some.parts.find(([part]) => part === c)?.[1] ?? 0) * delta);
    assert.ok(Math.abs(channelAfter(smile, moved, 0) - target) < 1e-6, `${target}`);
  }
});

test("balance takes from one side", () => {
  const [left, right, jaw] = ["lip_corner_raise_left", "lip_corner_raise_right", "jaw_open"].map(column);
  assert.deepEqual([left, right, jaw].map((c) => sideShare(c, 0.25)), [1, 0.75, 1]);
  assert.deepEqual([left, right, jaw].map((c) => sideShare(c, -1)), [0, 1, 1]);
});

test("a moved key takes the place of one it lands on, and never comes before 0", () => {
  const start = edits({ keys: { yaw: [[1, 0.1], [2, 0.2], [3, 0.3]] } });
  const first = start.keys.yaw[0];
  const { edits: result } = mapKeys(start, new Set([first]), (key) => ({ ...key, time: 2 }));
  assert.deepEqual(rows(result.keys.yaw), [[2, 0.1], [3, 0.3]]);
  assert.equal(mapKeys(start, new Set([{}]), () => null).edits, start);
  assert.deepEqual(mapKeys(start, new Set(start.keys.yaw), () => null).edits.keys, {});
});

test("rests go along with their bump unless another one needs them", () => {
  const start = edits({ keys: { yaw: [[1, 0], [1.4, 0.3], [1.8, 0], [2.2, 0.2], [2.6, 0]] } });
  const [before, peak, shared] = start.keys.yaw;
  const rests = restsBeside(start, new Set([peak]));
  assert.ok(rests.has(before) && !rests.has(shared));
});

test("soft weights fall with the distance", () => {
  const start = edits({ keys: { yaw: [[1, 0], [1.5, 0], [2, 0], [4, 0]] } });
  const weights = softWeights(start, new Set([start.keys.yaw[0]]), 2);
  const [near, middle, far, none] = start.keys.yaw.map((key) => weights.get(key));
  assert.ok(near === 1 && middle > far && far > 0 && none === undefined);
});

test("the nearest of many selected keys says how far one follows", () => {
  const start = edits({ keys: { yaw: Array.from({ length: 60 }, (_, k) => [0.1 * k ** 1.3, 0.1]) } });
  const { yaw } = start.keys;
  const chosen = yaw.filter((key, k) => k % 7 === 3);
  const weights = softWeights(start, new Set(chosen), 0.9);
  for (const key of yaw) {
    const x = 1 - Math.min(...chosen.map((other) => Math.abs(other.time - key.time))) / 0.9;
    assert.ok(Math.abs((weights.get(key) ?? 0) - (x > 0 ? x * x * (3 - 2 * x) : 0)) < 1e-9);
  }
});

test("mirrored twice is what it was", () => {
  const start = edits({
    keys: { brow_raise_left: [[1, 0.5]], yaw: [[0, 0.2]], jaw_open: [[0, 0.1]] },
    replace: [{ start: 0, end: 1, keys: { gaze_x: [[0, 0.3]], eye_closure_right: [] } }],
    gains: { lip_corner_raise_left: 0.5, brows: 2 },
    offsets: { roll: 0.1 },
    mutes: ["cheek_raise_left", "nose"],
  });
  const once = mirrored(start, new Set()).edits;
  assert.deepEqual(rows(once.keys.brow_raise_right), [[1, 0.5]]);
  assert.deepEqual([once.keys.yaw[0].value, once.offsets.roll, once.keys.jaw_open[0].value], [-0.2, -0.1, 0.1]);
  assert.deepEqual(once.mutes, ["cheek_raise_right", "nose"]);
  assert.equal(editsToJson(mirrored(once, new Set()).edits), editsToJson(start));
});

test("a few keys follow a curve", () => {
  const values = Float32Array.from({ length: 100 }, (_, frame) => Math.sin(frame / 12));
  const keys = simplified(values, 25, 0, 100, 0.02);
  const again = fillCurve(keys, 25, 0, 100, new Float64Array(100));
  assert.ok(keys.length < 25 && values.every((value, frame) => Math.abs(value - again[frame]) < 0.1));
});

test("one value of a curve is that of the whole", () => {
  const keys = edits({ keys: { yaw: [[0.1, 0], [0.5, 0.4], [0.6, 0.5, "linear"], [1, -0.2], [1.5, 0, "step"], [1.7, 0.3], [2, 0.2]] } }).keys.yaw;
  const whole = fillCurve(keys, 25, 0, 60, new Float64Array(60));
  whole.forEach((value, frame) => assert.ok(Math.abs(value - curveAt(keys, frame / 25)) < 1e-12, `${frame}`));
});

test("pasted keys go where they belong", () => {
  const start = edits({ replace: [{ start: 1, end: 2, keys: { yaw: [] } }] });
  const members = [0.5, 1.5].map((time) => ({ c: column("yaw"), key: { time, value: 0.1, ease: "smooth" } }));
  const { edits: result, selection } = insertKeys(start, members);
  assert.deepEqual([rows(result.keys.yaw), rows(result.replace[0].keys.yaw)], [[[0.5, 0.1]], [[1.5, 0.1]]]);
  assert.equal(selection.size, 2);
});

test("blocks move, grow and stretch; a range takes its keys along", () => {
  const { replace, presets, spans } = edits({
    replace: [{ start: 1, end: 2, keys: { yaw: [[1.5, 0.1]] } }],
    presets: [{ name: "nod", start: 1 }],
    spans: [{ start: 1, emotion: "sad" }],
  });
  assert.deepEqual(rows(movedBlock(replace[0], 1).keys.yaw), [[2.5, 0.1]]);
  assert.equal(movedBlock(presets[0], -5).start, 0);
  assert.equal(movedBlock(spans[0], 1).end, null);
  assert.deepEqual([resizedBlock(presets[0], "end", 2).seconds, resizedBlock(spans[0], "end", 3).end], [1, 3]);
  assert.ok(resizedBlock(replace[0], "start", 9).start < 2);
  assert.deepEqual(rows(stretchedBlock(replace[0], 1, 2).keys.yaw), [[2, 0.1]]);
  const all = edits({ spans: [{ start: 0, end: 1, emotion: "sad" }] });
  assert.deepEqual(mapBlocks(all, new Set(all.spans), () => null).edits.spans, []);
});

test("the last moment that edits speak of", () => {
  assert.equal(lastMoment(NO_EDITS), 0);
  assert.equal(lastMoment(edits({ keys: { yaw: [[7, 0]] }, spans: [{ start: 0, emotion: "sad" }], presets: [{ name: "nod", start: 8 }] })), 10);
});
