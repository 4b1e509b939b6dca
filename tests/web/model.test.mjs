import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { editsToJson, EditsError, NO_EDITS, parseEdits } from "../../web/edits_json.js";
import { isKnown } from "../../web/emotions.js";
import { Performance } from "../../web/model.js";
import { COLUMNS } from "../../web/units.js";

const vectors = JSON.parse(readFileSync(new URL("../data/edits_vectors.json", import.meta.url)));

const still = (frames = 100, fps = 25) => ({ frames, fps, columns: {} });

function base(item) {
  const columns = Object.entries(item.base).map(([id, values]) => [id, Float32Array.from(values)]);
  const spans = item.base_spans.map(([start, end, emotion, level]) => ({ start, end, emotion, level }));
  return { fps: item.fps, frames: item.frames, columns: Object.fromEntries(columns), spans };
}

function agree(performance, item) {
  COLUMNS.forEach((column, c) => {
    const expected = item.edited[column.id] ?? new Array(item.frames).fill(0);
    expected.forEach((value, frame) => {
      const difference = Math.abs(performance.edited[c][frame] - value);
      assert.ok(difference <= 1e-6, `${column.id}[${frame}]: ${performance.edited[c][frame]} and not ${value}`);
    });
  });
}

for (const item of vectors.cases) {
  test(`Python and JavaScript agree: ${item.name}`, () => {
    const performance = new Performance(base(item));
    performance.update(parseEdits(JSON.stringify(item.edits)));
    agree(performance, item);
    const spans = performance.shownSpans(base(item).spans).map(({ start, end, emotion, level }) => [start, end, emotion, level]);
    const own = item.edits.presets ? item.spans.filter((span) => spans.some((each) => `${each}` === `${span}`)) : item.spans;
    assert.deepEqual(spans, own);
  });
}

test("what is redone after each edit is what is done from nothing", () => {
  const cases = vectors.cases.filter((item) => item.fps === 25);
  const start = base(vectors.cases.find((item) => item.name === "replaced ranges"));
  const performance = new Performance(start);
  for (const item of [...cases, ...cases.slice().reverse()]) {
    const edits = parseEdits(JSON.stringify(item.edits));
    performance.update(edits);
    const fresh = new Performance(start);
    fresh.update(edits);
    performance.edited.forEach((column, c) => assert.deepEqual(column, fresh.edited[c], `${item.name}: ${COLUMNS[c].id}`));
  }
});

test("the emotions that came in, put in their own place, change nothing; moved ones leave nothing behind", () => {
  const start = base(vectors.cases.find((item) => item.name.startsWith("emotions in place of those")));
  const spans = start.spans.filter(isKnown).map((span) => ({ ...span, other: {} }));
  const [before, same, moved, once] = [0, 1, 2, 3].map(() => new Performance(start));
  same.update({ ...NO_EDITS, spans, replaceSpans: true });
  const most = Math.max(...COLUMNS.flatMap((_, c) => Array.from(same.edited[c], (value, f) => Math.abs(value - before.edited[c][f]))));
  assert.ok(most < 1e-6, `${most}`);
  const later = { ...NO_EDITS, spans: [{ ...spans[0], start: 0.5 }, spans[1]], replaceSpans: true };
  for (const edits of [{ ...NO_EDITS, spans, replaceSpans: true }, NO_EDITS, later]) moved.update(edits);
  once.update(later);
  moved.edited.forEach((column, c) => assert.deepEqual(column, once.edited[c], COLUMNS[c].id));
  moved.update(NO_EDITS);
  moved.edited.forEach((column, c) => assert.deepEqual(column, before.edited[c], COLUMNS[c].id));
});

test("a moved key redoes its neighbourhood alone", () => {
  const performance = new Performance(still(1000));
  const keys = Array.from({ length: 20 }, (_, k) => ({ time: 2 * k, value: k % 3, ease: "smooth" }));
  performance.update({ ...NO_EDITS, keys: { jaw_open: keys } });
  const moved = keys.with ? keys.with(10, { ...keys[10], value: 0.5 }) : keys.map((key, k) => (k === 10 ? { ...key, value: 0.5 } : key));
  const dirty = performance.update({ ...NO_EDITS, keys: { jaw_open: moved } });
  assert.equal(dirty.size, 1);
  const [[from, to]] = dirty.values();
  assert.ok(from >= 350 && to <= 650, `${from} to ${to}`);
  const fresh = new Performance(still(1000));
  fresh.update({ ...NO_EDITS, keys: { jaw_open: moved } });
  assert.deepEqual(performance.edited[8], fresh.edited[8]);
});

for (const { text, error } of vectors.bad) {
  test(`refused with Python's words: ${text.slice(0, 60)}`, () => {
    assert.throws(() => parseEdits(text), (caught) => caught instanceof EditsError && caught.message === error);
  });
}

for (const { text, written } of vectors.round_trips) {
  test(`written as Python writes it: ${text.slice(0, 40)}`, () => {
    assert.equal(JSON.stringify(JSON.parse(editsToJson(parseEdits(text)))), JSON.stringify(JSON.parse(written)));
  });
}

test("no edits are an empty text", () => {
  for (const text of ["", " \n", "{}", '{"version": 1}', '{"keys": {}}']) assert.equal(editsToJson(parseEdits(text)), "");
});

test("text that is no text, far too long, deep or cut is refused", () => {
  for (const text of [null, undefined, 5, " ".repeat(17_000_000), '{"keys": {"jaw', "{".repeat(1e5), '{"version":1e999}']) {
    assert.throws(() => parseEdits(text), EditsError);
  }
});
