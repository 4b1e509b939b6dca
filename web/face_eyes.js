// The strips that are painted over the warped skin: eyeballs in the openings of the lids (eyes.py), and upper lids that
// come down with skin of their own (lids.py). Each strip is a grid of rows and columns from one eye corner to the other.

import { unpack } from "./face_data.js";
import { clamp, curveThrough, mix, project, smoothstep } from "./face_maths.js";
import { POINTS } from "./face_rig.js";

export const BALL_VALUES = 6; // of a vertex: x, y, where the still eyeball is seen x, y, opacity, light
export const LID_VALUES = 10; // x, y, where the portrait shows the carried band, colour and part of new skin, brightness, opacity

const rings = (eye) => ({
  upper: [eye.outer, ...eye.upper, eye.inner],
  lower: [eye.outer, ...eye.lower, eye.inner],
  crease: [eye.outer, ...eye.crease, eye.inner],
});

const distance = (a, b, column) => Math.hypot(a[2 * column] - b[2 * column], a[2 * column + 1] - b[2 * column + 1]);

/**
 * The eyeball of one eye. still: landmarks of the portrait, [478 x 3] crop pixels.
 * fill(awake, vertices) returns { strength, centre, turn }: strength 0 leaves the portrait's own pixels.
 */
export function createEyeball(tables, payload, eye, still) {
  const { steps } = tables.constants.lids;
  const { soft_edge: softEdge, lid_shadow: lidShadow } = tables.constants.eyes;
  const scale = payload.pose.scale;
  const { upper: upperRing, lower: lowerRing } = rings(eye);
  const restEdge = curveThrough(still, upperRing, steps);
  const iris = [still[3 * eye.iris], still[3 * eye.iris + 1]];
  const unmoved = new Float32Array(3 * POINTS); // the eyeball does not follow the lids; it follows the head
  const columns = restEdge.length / 2;

  function fill(awake, vertices) {
    project(payload.pose, awake.mesh, unmoved, POINTS);
    const turn = [unmoved[3 * eye.iris] - iris[0], unmoved[3 * eye.iris + 1] - iris[1]];
    const [upper, lower] = [upperRing, lowerRing].map((ring) => curveThrough(awake.points, ring, steps));
    const [upperStill, lowerStill] = [upperRing, lowerRing].map((ring) => curveThrough(unmoved, ring, steps));
    let moved = Math.hypot(...turn);
    for (let column = 0; column < columns; column++) moved = Math.max(moved, distance(upperStill, restEdge, column));
    for (let column = 0; column < columns; column++) {
      const height = Math.max(distance(upper, lower, column), 1e-3);
      const soft = Math.min(softEdge * scale / height, 0.3);
      const shadow = Math.max(Math.min(lidShadow * scale / height, 0.6), soft);
      const wide = clamp(height / (0.5 * softEdge * scale) - 1, 0, 1);
      [0, soft, shadow, 1 - soft, 1].forEach((part, row) => {
        const at = BALL_VALUES * (row * columns + column);
        for (let axis = 0; axis < 2; axis++) {
          const k = 2 * column + axis;
          vertices[at + axis] = mix(upper[k], lower[k], part);
          vertices[at + 2 + axis] = mix(upperStill[k], lowerStill[k], part);
        }
        const [opacity, light] = tables.eye_rows[row];
        vertices[at + 4] = opacity * wide;
        vertices[at + 5] = light;
      });
    }
    return { strength: smoothstep(moved, 0.05, 0.6), centre: [iris[0] + turn[0], iris[1] + turn[1]], turn };
  }

  return { rows: tables.eye_rows.length, columns, fill };
}

/** The upper lid of one eye; fill(face, awake, vertices) returns its strength, 0 where the lid has not come down. */
export function createLid(tables, payload, index, still) {
  const eye = tables.eyes[index];
  const constants = tables.constants.lids;
  const scale = payload.pose.scale;
  const ring = rings(eye);
  const restEdge = curveThrough(still, ring.upper, constants.steps);
  const restCrease = curveThrough(still, ring.crease, constants.steps);
  const restLower = curveThrough(still, ring.lower, constants.steps);
  const columns = restEdge.length / 2;
  const across = Array.from({ length: columns }, (_, column) => column);
  const lidHeight = across.map((column) => Math.max(distance(restCrease, restEdge, column), 0.5));
  const openHeight = Math.max(1, ...across.map((column) => distance(restLower, restEdge, column)));
  const taper = across.map((column) => smoothstep(Math.min(column, columns - 1 - column) / constants.steps, 0, 1.5));
  const near = (away) => 1 - smoothstep(away / constants.steps, 0, constants.ends);
  const [outer, inner] = [across.map(near), across.map((column) => near(columns - 1 - column))];
  const between = across.map((column) => 1 - outer[column] - inner[column]);
  const skin = unpack(payload.eyes[index].skin, "u1", 1 / 255); // [rows, columns, 3], from the crease down

  function skinAt(share, column, channel) {
    const place = clamp(share, 0, 1) * (constants.skin_rows - 1);
    const low = Math.min(Math.floor(place), constants.skin_rows - 2);
    const colour = (row) => skin[3 * (row * columns + column) + channel];
    return mix(colour(low), colour(low + 1), place - low);
  }

  /** Moves the edge of a lid up to where the lower lid is, or down to it in a shut eye, and its ends to the corners. */
  function keepInOpening(edge, openEdge, lower) {
    const middle = columns >> 1;
    const opening = [0, 1].map((axis) => lower[2 * middle + axis] - openEdge[2 * middle + axis]);
    const way = opening.map((part) => part / Math.max(Math.hypot(...opening), 1e-12));
    const along = (column, part) => [0, 1].reduce((sum, axis) => sum + way[axis] * part(2 * column + axis), 0);
    const travelled = Math.max(...across.map((column) => along(column, (k) => edge[k] - openEdge[k])));
    const shut = smoothstep(travelled / openHeight, constants.nearly, constants.shut);
    for (const column of across) {
      const beyond = along(column, (k) => edge[k] - openEdge[k] - constants.reach * (lower[k] - openEdge[k]));
      way.forEach((part, axis) => { edge[2 * column + axis] -= (beyond > 0 ? 1 : shut) * beyond * part; });
    }
    const back = [0, 1, 2 * columns - 2, 2 * columns - 1].map((k) => openEdge[k] - edge[k]);
    for (const k of edge.keys()) edge[k] += outer[k >> 1] * back[k % 2] + inner[k >> 1] * back[2 + (k % 2)];
  }

  function fill(face, awake, vertices) {
    const edge = curveThrough(face.points, ring.upper, constants.steps);
    const openEdge = curveThrough(awake.points, ring.upper, constants.steps);
    keepInOpening(edge, openEdge, curveThrough(awake.points, ring.lower, constants.steps));
    const crease = curveThrough(awake.points, ring.crease, constants.steps);
    for (const k of crease.keys()) crease[k] = mix(openEdge[k], crease[k], taper[k >> 1]);
    const down = across.map((column) => {
      const way = [0, 1].map((axis) => openEdge[2 * column + axis] - crease[2 * column + axis]);
      const length = Math.max(Math.hypot(...way), 1e-3);
      return way.map((part) => part / length);
    });
    const travel = across.map((column) => Math.max(0, down[column].reduce(
      (sum, part, axis) => sum + part * (edge[2 * column + axis] - openEdge[2 * column + axis]), 0)));
    const farthest = Math.max(...travel);
    const closed = smoothstep(farthest / openHeight, 0, constants.shut);
    for (const k of edge.keys()) edge[k] += constants.overlap * scale * closed * between[k >> 1] * down[k >> 1][k % 2];

    const skinHeights = across.map((column) => {
      const length = Math.max(distance(crease, edge, column), 1e-3);
      return length - Math.min(constants.band * lidHeight[column], length) * (0.3 + 0.7 * taper[column]);
    });
    const tallest = Math.max(...skinHeights, 1e-3);
    for (const column of across) {
      const length = Math.max(distance(crease, edge, column), 1e-3);
      const fresh = skinHeights[column];
      const band = length - fresh;
      const over = length + constants.crease * scale;
      const above = [-constants.lashes * scale * taper[column], 0, 0.5 * band, band, band + fresh / 3,
        band + fresh * 2 / 3, length, over];
      const up = [0, 1].map((axis) => (crease[2 * column + axis] - edge[2 * column + axis]) / length);
      const restUp = [0, 1].map((axis) => (restCrease[2 * column + axis] - restEdge[2 * column + axis]) / lidHeight[column]);
      above.forEach((height, row) => {
        const at = LID_VALUES * (row * columns + column);
        const carried = Math.min(height, lidHeight[column]) + Math.max(height - length, 0);
        for (let axis = 0; axis < 2; axis++) {
          vertices[at + axis] = edge[2 * column + axis] + height * up[axis];
          vertices[at + 2 + axis] = restEdge[2 * column + axis] + carried * restUp[axis];
        }
        for (let channel = 0; channel < 3; channel++) {
          vertices[at + 4 + channel] = skinAt((length - height) / tallest, column, channel);
        }
        const [part, line, opacity, brightness] = tables.lid_rows[row];
        const newSkin = part * smoothstep(travel[column] / (0.35 * lidHeight[column]));
        vertices[at + 7] = newSkin;
        vertices[at + 8] = mix(1, brightness, newSkin) * (1 - constants.closed_line * closed * line * taper[column]);
        vertices[at + 9] = opacity * between[column];
      });
    }
    return smoothstep(farthest, 0.1, 0.8);
  }

  return { rows: tables.lid_rows.length, columns, fill };
}
