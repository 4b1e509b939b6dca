// The vertices of the live face's upper lids: node lids.mjs FACE.json prints them, an array for each eye.

import { readFileSync } from "node:fs";
import { LID_VALUES, createLid } from "../../web/face_eyes.js";

const { tables, payload, still, points, open } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const lids = tables.eyes.map((_, index) => {
  const lid = createLid(tables, payload, index, Float32Array.from(still));
  const vertices = new Float32Array(LID_VALUES * lid.rows * lid.columns);
  lid.fill({ points: Float32Array.from(points) }, { points: Float32Array.from(open) }, vertices);
  return [...vertices];
});
console.log(JSON.stringify(lids));
