// The inside of the mouth, as auhead_models/face/mouth_painter.py moves and lights it: teeth, gums, tongue, cavity.

import { unpack, unpackIndices } from "./face_data.js";
import { clamp, curveThrough, mix, project, smoothstep } from "./face_maths.js";

const LOWER_TEETH = 1; // a part of the mouth (mouth.py)
export const MOUTH_VALUES = 5; // of a vertex: x, y, depth (crop pixels), shade, how far it reaches out of the lips
export const HOLE_VALUES = 3; // of a vertex of the opening: x, y, opacity
const HOLE_ROWS = 4;
const CURVE_STEPS = 4; // samples of a lip between two landmarks
const SOFT = 1.2; // pixels across the edge of a lip over which the inside fades in
const MARGIN = 0.9; // cm around the lips that belong to the window

/** The mouth of one portrait. `still`: its landmarks in crop pixels, `neutral`: in canonical cm. */
export function createMouth(tables, payload, rig) {
  const { column, neutral } = rig;
  const constants = tables.constants.mouth_painter;
  const fit = payload.mouth;
  const [upper, lower] = [tables.upper_lip[3], tables.lower_lip[3]];
  const lips = [...upper, ...lower];
  const scale = payload.pose.scale;
  const [hingeY, hingeZ] = tables.jaw_hinge;
  const part = unpack(tables.mouth.part, "u1");
  const follows = unpack(tables.mouth.follows, "u1", 1 / 255);
  const tip = unpack(tables.mouth.tip, "u1", 1 / 255);
  const still = placed(unpack(tables.mouth.vertices, "i2", tables.mouth.step), fit);
  const colours = toned(unpack(tables.mouth.colour, "u1", 1 / 255), unpack(tables.mouth.light, "u1", 1 / 128), fit);
  const count = part.length;
  const moved = new Float32Array(3 * count);
  const projected = new Float32Array(3 * count);
  const reachesOut = new Float32Array(count);
  const lipsFront = neutral[3 * tables.lower_lip[1][5] + 2];
  const opening = (mesh) => upper.map((point, k) => Math.max(mesh[3 * point + 1] - mesh[3 * lower[k] + 1], 0));
  const gap = opening(neutral);
  const columns = (upper.length - 1) * CURVE_STEPS + 1;

  /** The y of a lip at a place x, canonical cm; the eleven points are about evenly spaced. */
  function lipHeight(mesh, lip, x) {
    const [first, last] = [mesh[3 * lip[0]], mesh[3 * lip[10]]];
    const at = clamp((x - first) / (last - first) * 10, 0, 9.999);
    const low = Math.floor(at);
    return mix(mesh[3 * lip[low] + 1], mesh[3 * lip[low + 1] + 1], at - low);
  }

  function moveJaw(face) {
    const turn = fit.jaw_at_rest + face.jawTurn;
    const side = constants.jaw_side * (face.change[column.lower_lip_slide_left] - face.change[column.lower_lip_slide_right]);
    const forward = constants.jaw_forward * face.change[column.jaw_thrust];
    let seen = -1; // how far the lower teeth stand above their lip
    const middle = face.mesh[3 * lower[5]];
    for (let vertex = 0; vertex < count; vertex++) {
      const at = 3 * vertex;
      const [sine, cosine] = [Math.sin(turn * follows[vertex]), Math.cos(turn * follows[vertex])];
      const [y, z] = [still[at + 1] - hingeY, still[at + 2] - hingeZ];
      moved[at] = still[at] + side * follows[vertex];
      moved[at + 1] = y * cosine - z * sine + hingeY;
      moved[at + 2] = y * sine + z * cosine + forward * follows[vertex] + hingeZ;
      if (part[vertex] === LOWER_TEETH && Math.abs(moved[at] - middle) <= 1) {
        seen = Math.max(seen, moved[at + 1] - lipHeight(face.mesh, lower, moved[at]));
      }
    }
    // The lower teeth show as a row or not at all: slivers look like chips.
    const sink = constants.sliver * (1 - smoothstep(seen, 0.5 * constants.sliver, 1.5 * constants.sliver));
    for (let vertex = 0; vertex < count; vertex++) if (part[vertex] === LOWER_TEETH) moved[3 * vertex + 1] -= sink;
  }

  function stretchTongue(face) {
    const out = clamp(face.extra[column.tongue_out - face.change.length], 0, 1);
    reachesOut.fill(0);
    if (out === 0) return;
    const lip = face.mesh[3 * lower[5] + 1];
    const ends = [...tip.keys()].filter((vertex) => tip[vertex] === 1);
    const [tipY, tipZ] = [1, 2].map((axis) => ends.reduce((sum, vertex) => sum + moved[3 * vertex + axis], 0) / ends.length);
    for (let vertex = 0; vertex < count; vertex++) {
      const share = out * tip[vertex];
      if (share === 0) continue;
      const at = 3 * vertex;
      moved[at + 2] += (lipsFront + constants.tongue_reach - tipZ) * share;
      const beyond = Math.max(moved[at + 2] - lipsFront, 0);
      moved[at + 1] += clamp(lip + 0.35 - tipY, -0.5, 1.5) * Math.min(2 * share, 1) - 0.35 * beyond ** 1.6;
      reachesOut[vertex] = smoothstep(beyond, 0, 0.15);
    }
  }

  /** Light that reaches a vertex: less with depth, under the upper lip, in the corners and in a narrow opening. */
  function shade(face, vertex, middle, halfWidth, narrow) {
    const at = 3 * vertex;
    const forward = Math.max(moved[at + 2] - still[at + 2], 0); // a jaw that swings back takes its lip along
    const depth = Math.max(lipsFront - still[at + 2] - forward, 0);
    const byDepth = 0.12 + 0.88 * (1 - clamp((depth - 1) / constants.darkest_depth, 0, 1)) ** 1.5;
    const edge = lipHeight(face.mesh, upper, moved[at]);
    const under = 0.84 + 0.16 * smoothstep(edge - moved[at + 1], -0.05, constants.lip_shadow);
    const sides = 1 - constants.corner_shadow * smoothstep(Math.abs(moved[at] - middle) / halfWidth, 0.45, 1);
    return mix(byDepth * under * narrow * sides, 1, smoothstep(0.4 - depth, 0, 0.4)); // a tongue that is out is in full light
  }

  /** Vertices of the mouth [count x 5]. */
  function fill(face, vertices) {
    moveJaw(face);
    stretchTongue(face);
    project(face.pose, moved, projected, count);
    const open = opening(face.mesh)[5];
    const xs = upper.map((point) => face.mesh[3 * point]);
    const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
    const halfWidth = (xs[10] - xs[0]) / 2;
    const narrow = 0.92 + 0.08 * clamp(open / 0.8, 0, 1);
    for (let vertex = 0; vertex < count; vertex++) {
      const to = MOUTH_VALUES * vertex;
      vertices.set(projected.subarray(3 * vertex, 3 * vertex + 3), to);
      vertices[to + 3] = shade(face, vertex, middle, halfWidth, narrow);
      vertices[to + 4] = reachesOut[vertex];
    }
  }

  /** The opening between the lips as a strip [4 rows x columns]; returns its window and how much of it shows. */
  function fillHole(face, vertices) {
    const now = opening(face.mesh);
    const shown = now.map((height, k) => clamp(Math.max(height - gap[k] * (1 - fit.open), 0) / Math.max(height, 1e-3), 0, 1));
    const inner = (ring) => ring.map((point, k) => [0, 1].map((axis) => {
      const middle = (face.points[3 * upper[k] + axis] + face.points[3 * lower[k] + axis]) / 2;
      return mix(middle, face.points[3 * point + axis], shown[k]);
    }));
    const [top, bottom] = [upper, lower].map((ring) => {
      const points = inner(ring).flatMap(([x, y]) => [x, y, 0]);
      return curveThrough(points, [...ring.keys()], CURVE_STEPS);
    });
    for (let k = 0; k < columns; k++) {
      const height = Math.hypot(top[2 * k] - bottom[2 * k], top[2 * k + 1] - bottom[2 * k + 1]);
      const soft = Math.min(SOFT, height) / 2;
      [[top, soft], [top, -soft], [bottom, soft], [bottom, -soft]].forEach(([line, up], row) => {
        const at = HOLE_VALUES * (row * columns + k);
        const way = upwards(line, k);
        for (let axis = 0; axis < 2; axis++) vertices[at + axis] = line[2 * k + axis] + up * way[axis];
        vertices[at + 2] = row % 3 === 0 ? 0 : Math.min(height / SOFT, 1);
      });
    }
    return { window: windowAround(face.points), strength: strength(face.mesh, now), rest: restOfOwn(now[5]) };
  }

  function strength(mesh, now) {
    let changed = Math.max(...now.map((height, k) => height - gap[k]));
    for (const point of lips) {
      const way = [0, 1, 2].map((axis) => mesh[3 * point + axis] - neutral[3 * point + axis]);
      changed = Math.max(changed, fit.open * Math.hypot(...way));
    }
    return smoothstep(changed, 0.015, 0.06);
  }

  /** How much of the portrait's own lower teeth and tongue still show: they are where they were until the jaw moves. */
  const restOfOwn = (open) => 1 - smoothstep(Math.abs(open - gap[5]), 0.04, 0.35);

  function windowAround(points) {
    const [xs, ys] = [0, 1].map((axis) => lips.map((point) => points[3 * point + axis]));
    const margin = MARGIN * scale;
    const [left, top] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
    return [left, top, Math.max(...xs) + margin - left, Math.max(...ys) + margin - top];
  }

  /** From crop pixels of a frame to those of the portrait for what is fixed to the skull at the teeth: 2 x 3. */
  function ownTeethMap(pose) {
    const plane = [0, -4.2, 5, 1, -4.2, 5, 0, -3.2, 5];
    const [here, there] = [pose, payload.pose].map((from) => project(from, plane, new Float32Array(9), 3));
    const axes = (p) => [p[3] - p[0], p[6] - p[0], p[4] - p[1], p[7] - p[1]]; // [[x of u, x of v], [y of u, y of v]]
    const [a, b, c, d] = axes(here);
    const [e, f, g, h] = axes(there);
    const area = a * d - b * c;
    const [m00, m01] = [(e * d - f * c) / area, (f * a - e * b) / area];
    const [m10, m11] = [(g * d - h * c) / area, (h * a - g * b) / area];
    return { turn: [m00, m10, m01, m11], from: [here[0], here[1]], to: [there[0], there[1]] }; // turn by columns, as GLSL
  }

  const triangles = unpackIndices(tables.mouth.triangles);
  return { count, columns, rows: HOLE_ROWS, colours, triangles, fill, fillHole, ownTeethMap };
}

/** The upward normal of a line [n x 2] that runs from left to right, at its k-th point. */
function upwards(line, k) {
  const [before, after] = [Math.max(k - 1, 0), Math.min(k + 1, line.length / 2 - 1)];
  const [x, y] = [line[2 * after] - line[2 * before], line[2 * after + 1] - line[2 * before + 1]];
  const length = Math.max(Math.hypot(x, y), 1e-3);
  return [y / length, -x / length];
}

function placed(vertices, { at, size }) {
  return vertices.map((number, k) => at[k % 3] + size * number);
}

function toned(colour, light, { tone, saturation }) {
  const result = new Float32Array(colour.length);
  for (let at = 0; at < colour.length; at += 3) {
    const grey = (colour[at] + colour[at + 1] + colour[at + 2]) / 3;
    for (let k = 0; k < 3; k++) result[at + k] = mix(grey, colour[at + k], saturation) * tone[k] * light[at / 3];
  }
  return result;
}
