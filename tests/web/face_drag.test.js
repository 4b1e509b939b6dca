// A pull on the face changes the units that carry the handle after the pointer.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createDrag, handlesOf, pickHandle, withOtherSide } from "../../web/face_drag.js";
import { createRig } from "../../web/face_rig.js";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf-8"));
const tables = read("../../web/face_tables.json");
const payload = read("../../web/face_neutral.json");
const rig = createRig(tables, payload);
const drag = createDrag(tables, payload, rig);
const handles = Object.fromEntries(handlesOf(tables).map((handle) => [handle.id, handle]));
const none = new Float32Array(40);

const pointsOf = (values) => rig.deform(values, rig.newState()).points;
const placeOf = (handle, values = none) => {
  const at = 3 * handle.anchors[0];
  return pointsOf(values).slice(at, at + 2);
};
const applied = (changes, values = none) => {
  const result = Float32Array.from(values);
  for (const [column, value] of Object.entries(changes)) result[rig.column[column]] = value;
  return result;
};

test("every handle is found under its own anchor", () => {
  const points = pointsOf(none);
  for (const handle of Object.values(handles)) {
    const [x, y] = placeOf(handle);
    assert.equal(pickHandle(tables, points, x, y).id, handle.id);
  }
});

test("the cheek turns the head, the background is nothing", () => {
  const points = pointsOf(none);
  assert.equal(pickHandle(tables, points, points[3 * 50], points[3 * 50 + 1]).id, "head");
  assert.equal(pickHandle(tables, points, 5, 5), null);
});

test("handles follow the head when it turns", () => {
  const turned = applied({ yaw: 0.3, pitch: -0.2 });
  const [x, y] = placeOf(handles.brow_left, turned);
  assert.equal(pickHandle(tables, pointsOf(turned), x, y).id, "brow_left");
});

for (const [id, dx, dy, columns] of [
  ["mouth_corner_left", 0, -6, ["lip_corner_raise_left"]],
  ["mouth_corner_right", 0, 4, ["lip_corner_down_right"]],
  ["mouth_corner_left", 5, 0, ["lip_corner_stretch_left"]],
  ["brow_left", 0, -6, ["brow_raise_left"]],
  ["brow_right", 0, 3, ["brow_lower_right"]],
  ["lid_right", 0, 5, ["eye_closure_right"]],
  ["jaw", 0, 20, ["jaw_open"]],
  ["head", 20, 0, ["yaw"]],
  ["head", 0, -20, ["pitch"]],
]) {
  test(`${id} pulled by ${dx}, ${dy}: ${columns}, and it follows the pointer`, () => {
    const changes = drag(handles[id], none, dx, dy);
    for (const column of columns) assert.ok(changes[column] !== 0 && column in changes, JSON.stringify(changes));
    const [before, after] = [placeOf(handles[id]), placeOf(handles[id], applied(changes))];
    const missed = dx ? Math.abs(after[0] - before[0] - dx) : Math.abs(after[1] - before[1] - dy);
    assert.ok(missed < 0.15 * Math.hypot(dx, dy), `misses by ${missed.toFixed(1)} px: ${JSON.stringify(changes)}`);
  });
}

test("directions are the subject's", () => {
  assert.ok(drag(handles.head, none, 20, 0).yaw > 0); // the image's right is the subject's left
  assert.ok(drag(handles.head, none, 0, -20).pitch > 0);
  assert.ok(drag(handles.jaw, none, 4, 0).lower_lip_slide_left > 0);
});

test("pulling back takes the opposite away first", () => {
  const values = applied({ brow_raise_left: 0.3 });
  const changes = drag(handles.brow_left, values, 0, 20);
  assert.equal(changes.brow_raise_left, 0);
  assert.ok(changes.brow_lower_left > 0);
});

test("units stay within their range, however far the pull", () => {
  for (const handle of Object.values(handles)) {
    for (const [dx, dy] of [[500, 500], [-500, -500], [0, 0]]) {
      for (const [column, value] of Object.entries(drag(handle, none, dx, dy))) {
        const most = ["yaw", "pitch"].includes(column) ? 1.2 : 1;
        assert.ok(value >= -most && value <= most, `${column} ${value}`);
      }
    }
  }
});

test("an open mouth of the portrait's own can be closed, a closed one not further", () => {
  assert.deepEqual(drag(handles.jaw, none, 0, -20), {});
  const own = payload.own.with(rig.column.jaw_open, 0.4);
  const open = createDrag(tables, { ...payload, own }, createRig(tables, { ...payload, own }));
  assert.ok(Math.abs(open(handles.jaw, none, 0, -500).jaw_open + 0.4) < 1e-6);
});

test("the other side makes the same change, in the row's balance; what has no sides stays alone", () => {
  const values = applied({ lip_corner_raise_left: 0.2, lip_corner_raise_right: 0.1 });
  const pulled = { lip_corner_raise_left: 0.5, lip_pucker: 0.3 };
  const close = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-6, `${value}`);
  const linked = withOtherSide(pulled, values, () => true, () => 0);
  close(linked.lip_corner_raise_right, 0.4);
  assert.deepEqual(Object.keys(linked).sort(), ["lip_corner_raise_left", "lip_corner_raise_right", "lip_pucker"]);
  close(withOtherSide(pulled, values, () => true, () => 0.5).lip_corner_raise_right, 0.25);
  assert.deepEqual(withOtherSide(pulled, values, () => false, () => 0), pulled);
});
