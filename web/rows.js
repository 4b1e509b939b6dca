// The rows of the editor: seven that an animator thinks in, each of which opens to its raw units.
//
// A channel is one curve of a row: {id, parts, up, down}. parts are [column index, weight]: what an edit of 1 does to
// each column. What is shown is the mean of the columns in `up` minus the mean of those in `down`; where both exist,
// negative values of a column count as 0, for they only take away what the portrait itself does.

import { COLUMNS } from "./units.js";

const INDEX = Object.fromEntries(COLUMNS.map((column, c) => [column.id, c]));

/** Columns of names with or without a side, on one side ("left", "right") or both (null). */
function columns(names, side) {
  return names.flatMap((name) => {
    if (name in INDEX) return [INDEX[name]];
    return (side ? [side] : ["left", "right"]).map((each) => INDEX[`${name}_${each}`]);
  });
}

/** raise and lower: names to weights; the first of each is what is shown. */
function twoWay(id, raise, lower, side = null) {
  const parts = (names, sign) =>
    Object.entries(names).flatMap(([name, weight]) => columns([name], side).map((c) => [c, sign * weight]));
  return {
    id,
    parts: [...parts(raise, 1), ...parts(lower, -1)],
    up: columns(Object.keys(raise).slice(0, 1), side),
    down: columns(Object.keys(lower).slice(0, 1), side),
  };
}

const single = (c) => ({ id: COLUMNS[c].id, parts: [[c, 1]], up: [c], down: [] });

const GROUPS = [
  { id: "mouth_open", raise: { jaw_open: 1 }, units: ["jaw_open", "jaw_thrust", "lower_lip_slide", "tongue_out"] },
  {
    id: "smile",
    raise: { lip_corner_raise: 1, cheek_raise: 0.5 },
    lower: { lip_corner_down: 1 },
    units: ["lip_corner_raise", "lip_corner_down", "cheek_raise"],
  },
  {
    id: "lips",
    raise: { lip_corner_stretch: 1 },
    lower: { lip_pucker: 1 },
    units: [
      "lip_pucker",
      "lip_corner_stretch",
      "upper_lip_raise",
      "lower_lip_depress",
      "lip_press",
      "lips_together",
      "upper_lip_suck",
      "lower_lip_suck",
      "chin_raise",
      "cheek_puff",
    ],
  },
  {
    id: "brows",
    raise: { brow_raise: 1 },
    lower: { brow_lower: 1 },
    units: ["brow_raise", "inner_brow_raise", "brow_lower", "nose_wrinkle"],
  },
  { id: "eyes", raise: { upper_lid_raise: 1 }, lower: { eye_closure: 1 }, units: ["eye_closure", "upper_lid_raise"] },
  { id: "gaze", several: ["gaze_x", "gaze_y"], units: ["gaze_x", "gaze_y"] },
  { id: "head", several: ["yaw", "pitch", "roll"], units: ["yaw", "pitch", "roll", "x", "y", "zoom"] },
];

/** The seven curve rows: {id, columns, linkable, linked: [channel], sides: [left, right] or null, units: [row]}. */
export const ROWS = GROUPS.map(({ id, raise, lower = {}, several, units }) => {
  const sided = !several && [...Object.keys(raise), ...Object.keys(lower)].some((name) => !(name in INDEX));
  const all = columns(units, null);
  return {
    id,
    kind: "group",
    columns: all,
    linkable: sided,
    linked: several ? several.map((name) => single(INDEX[name])) : [twoWay(id, raise, lower)],
    sides: sided ? ["left", "right"].map((side) => twoWay(`${id}_${side}`, raise, lower, side)) : null,
    units: all.map((c) => ({ id: COLUMNS[c].id, kind: "unit", group: id, columns: [c], channels: [single(c)] })),
  };
});

/** Rows as they are shown one below the other. state: {open, unlinked} sets of row ids; keep(row) says what to show. */
export function visibleRows(state, keep = () => true) {
  return ROWS.flatMap((row) => {
    const channels = state.unlinked.has(row.id) && row.sides ? row.sides : row.linked;
    const units = state.open.has(row.id) ? row.units.filter(keep) : [];
    return keep(row) || units.length ? [{ ...row, channels }, ...units] : [];
  });
}

/** The row's and the group's own columns of a unit's id. */
export const groupOf = (id) => ROWS.find((row) => row.id === id || row.units.some((unit) => unit.id === id));

/** The value of a channel in one frame of columns [40] (arrays of frames). */
export function channelValue(channel, table, frame) {
  const { up, down } = channel;
  if (!down.length && up.length === 1) return table[up[0]][frame];
  let value = 0;
  for (const c of up) value += Math.max(table[c][frame], down.length ? 0 : -Infinity) / up.length;
  for (const c of down) value -= Math.max(table[c][frame], 0) / down.length;
  return value;
}

/** The same on frames from..to-1, into out at the same places. */
export function fillChannel(channel, table, from, to, out) {
  const { up, down } = channel;
  const least = down.length ? 0 : -Infinity;
  out.fill(0, from, to);
  for (const [columns, sign] of [[up, 1], [down, -1]]) {
    const share = sign / columns.length;
    for (const c of columns) {
      const values = table[c];
      for (let frame = from; frame < to; frame++) {
        const value = values[frame];
        if (value > least) out[frame] += share * value;
      }
    }
  }
}

/** How much of an edit goes to a column at a balance from -1 (all to the right side) to 1 (all to the left). */
export function sideShare(c, balance) {
  const side = COLUMNS[c].side;
  if (!side || !balance) return 1;
  return side === (balance > 0 ? "right" : "left") ? 1 - Math.abs(balance) : 1;
}

/** What an additional edit of `delta` makes of a channel whose columns have these unclipped values [40]. */
export function channelAfter(channel, values, delta, balance = 0) {
  const { up, down, parts } = channel;
  const value = (c) => {
    const weight = (parts.find(([part]) => part === c)?.[1] ?? 0) * sideShare(c, balance);
    return Math.min(Math.max(values[c] + weight * delta, COLUMNS[c].minimum), COLUMNS[c].maximum);
  };
  if (!down.length) return up.reduce((sum, c) => sum + value(c) / up.length, 0);
  const positive = (cs) => cs.reduce((sum, c) => sum + Math.max(value(c), 0) / cs.length, 0);
  return positive(up) - positive(down);
}

/** The smallest edit that brings a channel to a value, as far as the legal ranges allow. */
export function deltaFor(channel, values, target, balance = 0) {
  const at = (delta) => channelAfter(channel, values, delta, balance);
  const now = at(0);
  if (Math.abs(target - now) < 1e-9) return 0;
  const sign = target > now ? 1 : -1;
  const short = (delta) => (target - at(delta)) * sign > 1e-9;
  let high = 4 * sign;
  if (short(high)) {
    target = at(high);
    if (Math.abs(target - now) < 1e-9) return 0;
  }
  let low = 0;
  for (let step = 0; step < 48; step++) {
    const middle = (low + high) / 2;
    if (short(middle)) low = middle;
    else high = middle;
  }
  return high;
}

const DEGREES = new Set(["yaw", "pitch", "roll"]);
const isPose = (c) => COLUMNS[c].region === "pose";

/** How a channel's values are told: {factor, unit}. */
export const measureOf = (channel) => (DEGREES.has(channel.id) ? { factor: 180 / Math.PI, unit: "°" } : { factor: 100, unit: " %" });

/** "45 %" or "12°". */
export function readout(channel, value) {
  const { factor, unit } = measureOf(channel);
  return `${Math.round(value * factor) + 0}${unit}`;
}

/** [lowest, highest] to draw: a close range while the values lie in it, the whole legal range otherwise. */
export function shownRange(channels, low, high) {
  const c = channels[0].up[0];
  const two = channels[0].down.length > 0 || COLUMNS[c].region === "gaze";
  if (two) return [-1.08, 1.08];
  if (isPose(c)) {
    const close = DEGREES.has(COLUMNS[c].id) ? 0.4 : 0.3;
    const most = Math.max(-low, high);
    return most <= close ? [-close * 1.08, close * 1.08] : [-1.08 * COLUMNS[c].maximum, 1.08 * COLUMNS[c].maximum];
  }
  return low < -0.06 ? [-1.08, 1.08] : [-0.12, 1.08];
}
