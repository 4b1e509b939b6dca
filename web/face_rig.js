// From Action Units to the positions of a face's 478 points, as auhead_models/face/deform.py does it.
//
//     values [40]: 24 units, 10 extras, 6 of pose, in the order of the table in au/space.py
//     mesh   [478 x 3] canonical centimetres (+x the subject's left, +y up, +z out of the face), before the head moves
//     points [478 x 3] crop pixels, x right, y down, and depth away from the camera

import { unpack } from "./face_data.js";
import { clamp, headRotation, multiply, project } from "./face_maths.js";

export const MESH_POINTS = 468;
export const POINTS = 478;
const UNITS = 24;
const EXTRAS = 10;

/**
 * The rig of one portrait.
 * @param tables the content of face_tables.json
 * @param payload what preview_payload made of the portrait
 */
export function createRig(tables, payload) {
  const column = Object.fromEntries(tables.columns.map((id, index) => [id, index]));
  const constants = tables.constants.deform;
  const neutral = unpack(payload.mesh, "i2", payload.mesh_step);
  const fields = personFields(tables, payload);
  const closing = fields.pop();
  const [hingeY, hingeZ, fullTurn] = tables.jaw_hinge;
  const jawWeights = unpack(tables.jaw_weights, "u2", 1 / 65535);
  const [upperLip, lowerLip] = [tables.upper_lip, tables.lower_lip];
  const upperLids = tables.eyes.flatMap((eye) => eye.upper);
  const lowerLids = tables.eyes.flatMap((eye) => eye.lower);
  const closures = [column.eye_closure_left, column.eye_closure_right];
  const extraColumns = tables.field_names.slice(UNITS).map((name) => column[name]); // undefined: lids that follow the gaze

  const overlap = (mesh, upper, lower) => upper.map((point, k) => Math.max(mesh[3 * lower[k] + 1] - mesh[3 * point + 1], 0));
  const lipOverlap = overlap(neutral, upperLip[3], lowerLip[3]);
  const lidOverlap = overlap(neutral, upperLids, lowerLids);

  function changes(values, state) {
    for (let unit = 0; unit < UNITS; unit++) {
      let shown = clamp(payload.own[unit] * (1 - payload.relax) + values[unit], 0, 1);
      const eye = closures.indexOf(unit);
      if (eye >= 0) shown = Math.max(shown, payload.stays[eye]);
      state.change[unit] = shown - payload.own[unit];
    }
    for (let extra = 0; extra < EXTRAS; extra++) state.extra[extra] = values[UNITS + extra];
  }

  function addFields(mesh, change, values) {
    const [x, y] = [values[column.gaze_x], values[column.gaze_y]];
    const lids = [x, -x, y, -y].map((part) => Math.max(part, 0));
    let nextLid = 0;
    fields.forEach((field, index) => {
      let weight = change[index];
      if (index >= UNITS) {
        const from = extraColumns[index - UNITS];
        weight = from === undefined ? lids[nextLid++] : values[from];
      }
      if (weight === 0) return;
      for (let at = 0; at < field.length; at++) mesh[at] += weight * field[at];
    });
  }

  function turnJaw(mesh, angle) {
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle) - 1];
    for (let point = 0; point < MESH_POINTS; point++) {
      const leverY = jawWeights[point] * (neutral[3 * point + 1] - hingeY);
      const leverZ = jawWeights[point] * (neutral[3 * point + 2] - hingeZ);
      mesh[3 * point + 1] += cosine * leverY - sine * leverZ;
      mesh[3 * point + 2] += sine * leverY + cosine * leverZ;
    }
  }

  /** Move both lips towards each other along gap [11][3], each ring by its part. */
  function shiftLips(mesh, gap, upperShare, follows) {
    follows.forEach((part, ring) => gap.forEach((way, k) => way.forEach((distance, axis) => {
      mesh[3 * upperLip[ring][k] + axis] += upperShare * part * distance;
      mesh[3 * lowerLip[ring][k] + axis] -= (1 - upperShare) * part * distance;
    })));
  }

  function closeLips(mesh, together) {
    if (together > 0) {
      const share = Math.min(together, 1);
      const gap = upperLip[3].map((upper, k) =>
        [0, 1, 2].map((axis) => mesh[3 * lowerLip[3][k] + axis] - mesh[3 * upper + axis]));
      const amount = share * Math.max(-gap[5][1], 0);
      for (let at = 0; at < closing.length; at++) mesh[at] += amount * closing[at];
      const way = gap.map((distance) => distance.map((part) => part * share));
      shiftLips(mesh, way, constants.closing_upper_share, constants.closing_follows);
    }
    const over = overlap(mesh, upperLip[3], lowerLip[3]).map((height, k) => [0, Math.max(height - lipOverlap[k], 0), 0]);
    shiftLips(mesh, over, 0.5, constants.contact_follows);
  }

  function keepLidsApart(mesh) {
    overlap(mesh, upperLids, lowerLids).forEach((height, k) => {
      const over = Math.max(height - lidOverlap[k], 0);
      mesh[3 * upperLids[k] + 1] += constants.lid_contact_upper_share * over;
      mesh[3 * lowerLids[k] + 1] -= (1 - constants.lid_contact_upper_share) * over;
    });
  }

  function turnEyes(mesh, gazeX, gazeY) {
    const side = gazeX * constants.gaze_side;
    const lift = gazeY * (gazeY > 0 ? constants.gaze_up : constants.gaze_down);
    const shift = [Math.sin(side), Math.sin(lift), Math.cos(side) * Math.cos(lift) - 1];
    for (let at = 3 * MESH_POINTS; at < 3 * POINTS; at++) mesh[at] += constants.eye_radius * shift[at % 3];
  }

  function expression(values, state) {
    changes(values, state);
    const mesh = state.mesh;
    mesh.set(neutral);
    addFields(mesh, state.change, values);
    turnJaw(mesh, state.change[column.jaw_open] * fullTurn);
    closeLips(mesh, values[column.lips_together]);
    keepLidsApart(mesh);
    turnEyes(mesh, values[column.gaze_x], values[column.gaze_y]);
    state.jawTurn = state.change[column.jaw_open] * fullTurn;
  }

  return {
    neutral,
    column,
    /** Room for the face of one frame; `deform` fills it. */
    newState: () => ({
      mesh: new Float32Array(3 * POINTS),
      points: new Float32Array(3 * POINTS),
      change: new Float32Array(UNITS), // effective units minus the portrait's own
      extra: new Float32Array(EXTRAS),
      pose: payload.pose,
      jawTurn: 0, // radians since the portrait
    }),
    /** The face of a frame. */
    deform(values, state) {
      expression(values, state);
      state.pose = moveHead(payload.pose, values.subarray(UNITS + EXTRAS), payload.width, tables.neck);
      project(state.pose, state.mesh, state.points, POINTS);
      return state;
    },
    /** The same face with lids as open as in the portrait; lids that come down are painted, not stretched. */
    awake(values, face, state) {
      const open = Float32Array.from(values);
      for (const closure of closures) open[closure] = Math.min(open[closure], 0);
      open[column.gaze_y] = Math.max(open[column.gaze_y], 0); // looking down lowers the lids, too
      expression(open, state);
      state.mesh.set(face.mesh.subarray(3 * MESH_POINTS), 3 * MESH_POINTS);
      state.pose = face.pose;
      project(state.pose, state.mesh, state.points, POINTS);
      return state;
    },
  };
}

/** The fields of this person, one Float32Array [468 x 3] each: the mean face's, scaled, plus the person's own rest. */
function personFields(tables, payload) {
  const keeps = payload.keeps && unpack(payload.keeps, "u2", 1 / 65535);
  const fields = sparseFields(tables.fields);
  const rest = sparseFields(payload.fields);
  return fields.map((field, index) => {
    for (let at = 0; at < field.length; at++) {
      const kept = keeps && !tables.lid_fields[index] ? keeps[Math.floor(at / 3)] : 1;
      field[at] = payload.gains[index] * kept * field[at] + rest[index][at];
    }
    return field;
  });
}

function sparseFields({ step, start, point, move }) {
  const points = unpack(point, "u2");
  const moves = unpack(move, "i2", step);
  return start.slice(1).map((end, index) => {
    const field = new Float32Array(3 * MESH_POINTS);
    for (let entry = start[index]; entry < end; entry++) field.set(moves.subarray(3 * entry, 3 * entry + 3), 3 * points[entry]);
    return field;
  });
}

/** The pose after head motion [6]: yaw, pitch, roll about the neck, x, y in face widths, log zoom. */
function moveHead(pose, motion, faceWidth, neck) {
  const rotation = multiply(pose.rotation, headRotation(motion[0], motion[1], motion[2]));
  const scale = pose.scale * Math.exp(motion[5]);
  const shift = [motion[3] * faceWidth, -motion[4] * faceWidth, 0];
  const translation = [0, 1, 2].map((row) => {
    let kept = 0; // the neck stays where it is
    for (let k = 0; k < 3; k++) kept += (pose.scale * pose.rotation[3 * row + k] - scale * rotation[3 * row + k]) * neck[k];
    return pose.translation[row] + kept + shift[row];
  });
  return { scale, rotation, translation };
}
