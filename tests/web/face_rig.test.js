// The rig of the preview moves a face's landmarks as the renderer's does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { unpack } from "../../web/face_data.js";
import { createRig } from "../../web/face_rig.js";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf-8"));
const tables = read("../../web/face_tables.json");
const neutral = read("../../web/face_neutral.json");
const vectors = read("../data/face_vectors.json");
const BAR = 0.5; // pixels of a crop of 512

test("the columns are the table's", () => assert.deepEqual(vectors.columns, tables.columns));

vectors.cases.forEach(({ payload, first, points }, face) => {
  test(`face ${face}: landmarks are within ${BAR} px of the renderer's`, () => {
    const rig = createRig(tables, payload);
    const state = rig.newState();
    const expected = unpack(points, "i2", vectors.step);
    vectors.values.slice(first).forEach((values, row) => {
      rig.deform(Float32Array.from(values), state);
      vectors.kept.forEach((point, k) => {
        for (let axis = 0; axis < 2; axis++) {
          const distance = Math.abs(state.points[3 * point + axis] - expected[2 * (row * vectors.kept.length + k) + axis]);
          assert.ok(distance < BAR, `performance ${first + row}, point ${point}: ${distance.toFixed(2)} px`);
        }
      });
    });
  });
});

test("nothing in gives the portrait's own landmarks back", () => {
  const rig = createRig(tables, neutral);
  const state = rig.deform(new Float32Array(40), rig.newState());
  state.mesh.forEach((number, at) => assert.ok(Math.abs(number - rig.neutral[at]) < 1e-5));
});

test("awake eyes stay open and keep the gaze", () => {
  const rig = createRig(tables, neutral);
  const values = new Float32Array(40);
  values[rig.column.eye_closure_left] = 1;
  values[rig.column.gaze_x] = 0.5;
  const face = rig.deform(values, rig.newState());
  const awake = rig.awake(values, face, rig.newState());
  const [left] = tables.eyes;
  assert.ok(face.points[3 * left.upper[3] + 1] - awake.points[3 * left.upper[3] + 1] > 5);
  assert.equal(face.points[3 * left.iris], awake.points[3 * left.iris]);
});
