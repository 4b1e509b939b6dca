// Where things lie on the timeline: lanes, rows, values, keys and ranges, in CSS pixels.

import { groupOf, shownRange } from "./rows.js";
import { tops } from "./timeline.js";

export const LANES = { ruler: 22, wave: 34, emotions: 32, gestures: 19 };
const GROUP_HEIGHT = [54, 220]; // least, most
const UNIT_HEIGHT = 36;
const PAD = 5; // above and below a curve
const MARGIN = 12; // beside the view, where a key still shows

/** Where everything lies: {width, height, head: height of the lanes, tops: of the rows, scroll}. */
export function geometry(editor, width, height, scroll) {
  const gestures = editor.edits.presets.length ? LANES.gestures : 0;
  const head = LANES.ruler + LANES.wave + LANES.emotions + gestures;
  const groups = editor.rows.filter((row) => row.kind === "group").length;
  const rest = height - head - (editor.rows.length - groups) * UNIT_HEIGHT;
  const group = Math.floor(Math.min(Math.max(rest / Math.max(groups, 1), GROUP_HEIGHT[0]), GROUP_HEIGHT[1]));
  const rowTops = tops(editor.rows.map((row) => (row.kind === "group" ? group : UNIT_HEIGHT)));
  return { width, height, head, gestures, tops: rowTops, scroll };
}

/** Value to y in a row of the geometry. */
export function rowScale(editor, place, index) {
  const row = editor.rows[index];
  const top = place.head + place.tops[index] - place.scroll + PAD;
  const height = place.tops[index + 1] - place.tops[index] - 2 * PAD;
  let [low, high] = [0, 0];
  for (const channel of row.channels) {
    const curve = editor.curve(channel);
    [low, high] = [Math.min(low, curve.low), Math.max(high, curve.high)];
  }
  const [from, to] = shownRange(row.channels, low, high);
  const most = bent(1);
  const unit = height / (most - bent(from / to));
  return {
    y: (value) => top + (most - bent(value / to)) * unit,
    value: (y) => unbent(most - (y - top) / unit) * to,
  };
}

// Speech moves most units by a fifth of what they can do, so small values get more room.
const BEND = 1.6;
const bent = (value) => value / (1 + BEND * Math.abs(value));
const unbent = (height) => height / Math.max(1 - BEND * Math.abs(height), 0.1);

/** Where the keys of a row that are in view lie: [{x, y, time, ease, layer, members, channel, order}]. */
export function keyPoints(editor, place, index) {
  const { scale } = editor;
  const points = [];
  const row = rowScale(editor, place, index);
  editor.rows[index].channels.forEach((channel, order) => {
    const { edited } = editor.curve(channel);
    for (const { time, ease, layer, members } of editor.keys(channel)) {
      const x = scale.x(time);
      if (x < -MARGIN || x > place.width + MARGIN) continue;
      const y = row.y(edited[editor.frameAt(time)]);
      points.push({ x, y, time, ease, layer, members, channel, order });
    }
  });
  return points;
}

/** The replaced ranges that concern a row. */
export function rangesOf(editor, row) {
  const shown = new Set(row.channels.flatMap((channel) => channel.parts.map(([c]) => c)));
  return editor.edits.replace.filter((part) => groupOf(row.id).units.some((unit) => shown.has(unit.columns[0]) && unit.id in part.keys));
}
