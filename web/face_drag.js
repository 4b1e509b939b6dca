// Taking hold of the face itself: which handle lies under the pointer, and which units a pull on it changes.
//
//     handle = pickHandle(tables, points, x, y)          crop pixels; null where there is none
//     drag = createDrag(tables, payload, rig)
//     drag(handle, values, dx, dy)                       { id of a column: its new value }
//
// A handle follows the pointer: how far each unit carries it is measured on the portrait's own rig. Pulling back first
// takes away what the opposite unit does.

import { clamp } from "./face_maths.js";
import { sideShare } from "./rows.js";
import { COLUMNS } from "./units.js";

const SIDES = [["left", 0], ["right", 1]]; // the subject's, in the order of tables.eyes
const MOUTH_CORNERS = [291, 61];
const LOWER_LIP_MIDDLE = 17;
const CHIN = 152;
const NOSE_TIP = 4;
const REACH = 0.085; // of the face's height: how near the pointer must be
const MOST_TURN = 1.2; // radians
const STEP = 0.1; // of a unit or radian at which its travel is measured

/**
 * The handles of a face: id, part and side (null: both), anchors (landmarks that may be grabbed; the first is measured),
 * up, down, right, left: the column that carries it this way on the picture, if there is one.
 */
export function handlesOf(tables) {
  const sided = SIDES.flatMap(([side, index]) => {
    const eye = tables.eyes[index];
    const [outwards, inwards] = side === "left" ? ["right", "left"] : ["left", "right"];
    return [
      { id: `mouth_corner_${side}`, part: "mouth_corner", side, anchors: [MOUTH_CORNERS[index]],
        up: `lip_corner_raise_${side}`, down: `lip_corner_down_${side}`,
        [outwards]: `lip_corner_stretch_${side}`, [inwards]: "lip_pucker" },
      { id: `brow_${side}`, part: "brow", side, anchors: [eye.brow_upper[2], eye.brow_lower[1], eye.brow_lower[3]],
        up: `brow_raise_${side}`, down: `brow_lower_${side}` },
      { id: `lid_${side}`, part: "lid", side, anchors: [eye.upper[3], eye.upper[1], eye.upper[5], eye.iris],
        up: `upper_lid_raise_${side}`, down: `eye_closure_${side}` },
    ];
  });
  return [...sided,
    { id: "jaw", part: "jaw", side: null, anchors: [CHIN, LOWER_LIP_MIDDLE], down: "jaw_open",
      right: "lower_lip_slide_left", left: "lower_lip_slide_right" },
    { id: "head", part: "head", side: null, anchors: [NOSE_TIP], up: "pitch", down: "pitch", right: "yaw", left: "yaw" }];
}

/** The handle at (x, y) on a face whose landmarks are points [478 x 3]: the nearest in reach, else the head. */
export function pickHandle(tables, points, x, y) {
  const away = (point) => Math.hypot(points[3 * point] - x, points[3 * point + 1] - y);
  const height = Math.hypot(points[3 * 10] - points[3 * CHIN], points[3 * 10 + 1] - points[3 * CHIN + 1]);
  const handles = handlesOf(tables);
  const head = handles.pop();
  const nearest = handles.map((handle) => [Math.min(...handle.anchors.map(away)), handle]).sort(([a], [b]) => a - b)[0];
  if (nearest[0] < REACH * height) return nearest[1];
  return isInside(tables.oval, points, x, y) ? head : null;
}

function isInside(outline, points, x, y) {
  let inside = false;
  outline.forEach((point, k) => {
    const next = outline[(k + 1) % outline.length];
    const [x0, y0, x1, y1] = [points[3 * point], points[3 * point + 1], points[3 * next], points[3 * next + 1]];
    if ((y0 > y) !== (y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)) inside = !inside;
  });
  return inside;
}

/** A function that says what a pull does; see the head of this file. dx, dy: crop pixels, y down. */
export function createDrag(tables, payload, rig) {
  const state = rig.newState();

  /** Where a column carries a landmark per unit, at rest: pixels, y down. */
  function travel(column, point) {
    const values = new Float32Array(tables.columns.length);
    const [fromX, fromY] = position(values, point);
    values[rig.column[column]] = STEP;
    const [toX, toY] = position(values, point);
    return [(toX - fromX) / STEP, (toY - fromY) / STEP];
  }

  function position(values, point) {
    rig.deform(values, state);
    return [state.points[3 * point], state.points[3 * point + 1]];
  }

  const isPose = (column) => column === "yaw" || column === "pitch";

  /** Columns that a portrait shows by itself can be pulled below zero, as far as it shows them. */
  const lowest = (column) => (isPose(column) ? -Infinity : -(payload.own[rig.column[column]] ?? 0) * (1 - payload.relax));

  /** Pull along one axis by `distance` pixels, + towards `plus`; returns how far the handle went across the axis. */
  function pull(values, changed, { plus, minus }, anchor, distance, axis) {
    const now = (column) => changed[column] ?? values[rig.column[column]];
    let [rest, across] = [distance, 0];
    const move = (column, least, most) => {
      if (!column || Math.abs(rest) < 1e-6) return;
      const way = travel(column, anchor);
      if (Math.abs(way[axis]) < 1e-3) return;
      const value = clamp(now(column) + rest / way[axis], Math.min(least, now(column)), Math.max(most, now(column)));
      const step = value - now(column);
      if (step === 0) return;
      changed[column] = value;
      rest -= step * way[axis];
      across += step * way[1 - axis];
    };
    const [towards, opposite] = distance > 0 ? [plus, minus] : [minus, plus];
    if (opposite && opposite !== towards && now(opposite) > 0) move(opposite, 0, now(opposite));
    if (towards) move(towards, isPose(towards) ? -MOST_TURN : 0, isPose(towards) ? MOST_TURN : 1);
    else if (opposite) move(opposite, lowest(opposite), now(opposite));
    return across;
  }

  return function drag(handle, values, dx, dy) {
    const changed = {};
    const anchor = handle.anchors[0];
    const across = pull(values, changed, { plus: handle.down, minus: handle.up }, anchor, dy, 1);
    const aside = dx - across;
    const asked = aside * dx > 0; // not to make up for a smile that also goes outwards
    if (asked) pull(values, changed, { plus: handle.right, minus: handle.left }, anchor, aside, 0);
    return changed;
  };
}

/**
 * What a pull changes {column: value} with the other side's part in it: there the same change as where it was pulled,
 * in the row's balance. both(id): whether a column's other side goes along. values [40]: when the pull began.
 */
export function withOtherSide(changed, values, both, balance) {
  const result = { ...changed };
  for (const [id, value] of Object.entries(changed)) {
    const c = COLUMNS.findIndex((column) => column.id === id);
    const other = COLUMNS.findIndex((column) => column.id === COLUMNS[c].mirror);
    if (other < 0 || !both(id)) continue;
    const [own, others] = [c, other].map((each) => sideShare(each, balance(id)));
    const change = ((value - values[c]) * others) / Math.max(own, 0.05);
    result[COLUMNS[other].id] = clamp(values[other] + change, COLUMNS[other].minimum, COLUMNS[other].maximum);
  }
  return result;
}
