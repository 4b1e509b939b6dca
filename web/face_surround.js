// The rings around a face that join it to the still background, as auhead_models/face/surround.py makes them, and the
// light on its skin (SurfaceShading in folds.py).

import { unpack, unpackIndices } from "./face_data.js";
import { clamp, project } from "./face_maths.js";
import { MESH_POINTS } from "./face_rig.js";

const SMALLEST_WEIGHT = 1e-3;

/** payload.rings: outline [36] landmarks, canonical [N x 3] cm, turns, follows [N] 0..1, beyond [N] outline distances. */
export function createSurround(tables, payload) {
  const { outline, step } = payload.rings;
  const canonical = unpack(payload.rings.canonical, "i2", step);
  const turns = unpack(payload.rings.turns, "u1", 1 / 255);
  const follows = unpack(payload.rings.follows, "u1", 1 / 255);
  const spread = spreads(unpack(payload.rings.beyond, "u2", 1 / 10000), outline.length);
  const count = turns.length;
  const still = project(payload.pose, canonical, new Float32Array(3 * count), count);
  const turned = new Float32Array(3 * count);

  return {
    count,
    still,
    triangles: ringTriangles(tables.oval, outline, tables.rings),
    /** Ring points in pixels into `to` [N x 3]; skin [468 x 2]: how far the expression alone moves each landmark. */
    place(pose, skin, to) {
      project(pose, canonical, turned, count);
      for (let point = 0; point < count; point++) {
        let [x, y] = [0, 0];
        for (const [column, weight] of spread[point]) {
          x += weight * skin[2 * outline[column]];
          y += weight * skin[2 * outline[column] + 1];
        }
        const at = 3 * point;
        to[at] = still[at] + turns[point] * (turned[at] - still[at]) + follows[point] * x;
        to[at + 1] = still[at + 1] + turns[point] * (turned[at + 1] - still[at + 1]) + follows[point] * y;
      }
    },
  };
}

/** For each ring point the outline points whose motion it takes, the farther out the more of them: [column, weight]. */
function spreads(beyond, columns) {
  return Array.from(beyond, (distance, point) => {
    const width = 0.3 + 5 * Math.min(distance, 0.8);
    const weights = Array.from({ length: columns }, (_, column) => {
      const steps = Math.abs((point % columns) - column);
      return Math.exp(-0.5 * (Math.min(steps, columns - steps) / width) ** 2);
    });
    const kept = [...weights.entries()].filter(([, weight]) => weight > SMALLEST_WEIGHT);
    const total = kept.reduce((sum, [, weight]) => sum + weight, 0);
    return kept.map(([column, weight]) => [column, weight / total]);
  });
}

/** Triangles between the rings, outer ones first; ring points are numbered from 468 on. */
function ringTriangles(oval, outline, rings) {
  const columns = oval.length;
  const circles = [oval, outline];
  for (let ring = 0; ring < rings; ring++) circles.push(oval.map((_, column) => MESH_POINTS + ring * columns + column));
  const triangles = [];
  for (let ring = circles.length - 2; ring >= 0; ring--) {
    const [a, b] = [circles[ring], circles[ring + 1]];
    for (let k = 0; k < columns; k++) {
      const next = (k + 1) % columns;
      triangles.push(a[k], a[next], b[next], a[k], b[next], b[k]);
    }
  }
  return Uint16Array.from(triangles);
}

/** How an expression changes the light on the skin: shade(mesh, to) fills `to` [468] with brightness, 0 as at rest. */
export function createShading(tables, neutral) {
  const triangles = unpackIndices(tables.triangles);
  const [lightX, lightY, lightZ] = tables.light.direction;
  const ambient = tables.light.ambient;
  const normals = new Float32Array(3 * MESH_POINTS);
  const wet = new Set([...tables.upper_lip.slice(1), ...tables.lower_lip.slice(1)].flat());

  function light(mesh, to) {
    normals.fill(0);
    for (let at = 0; at < triangles.length; at += 3) {
      const [a, b, c] = [3 * triangles[at], 3 * triangles[at + 1], 3 * triangles[at + 2]];
      const [ux, uy, uz] = [mesh[b] - mesh[a], mesh[b + 1] - mesh[a + 1], mesh[b + 2] - mesh[a + 2]];
      const [vx, vy, vz] = [mesh[c] - mesh[a], mesh[c + 1] - mesh[a + 1], mesh[c + 2] - mesh[a + 2]];
      const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
      for (const corner of [a, b, c]) {
        normals[corner] += x;
        normals[corner + 1] += y;
        normals[corner + 2] += z;
      }
    }
    for (let point = 0; point < MESH_POINTS; point++) {
      const at = 3 * point;
      const length = Math.hypot(normals[at], normals[at + 1], normals[at + 2]) || 1;
      const facing = (normals[at] * lightX + normals[at + 1] * lightY + normals[at + 2] * lightZ) / length;
      to[point] = ambient + (1 - ambient) * Math.max(facing, 0);
    }
  }

  const still = new Float32Array(MESH_POINTS);
  light(neutral, still);
  return (mesh, to) => {
    light(mesh, to);
    for (let point = 0; point < MESH_POINTS; point++) {
      const strength = wet.has(point) ? 0.25 : 0.8; // wet lips shine by themselves
      to[point] = clamp((to[point] / still[point] - 1) * strength, -0.13, 0.12);
    }
  };
}
