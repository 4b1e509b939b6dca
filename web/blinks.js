// Fewer or more blinks in a finished performance (auhead_models/au/blink_rate.py). Columns are Float32Array[frames].

import { chance } from "./chance.js";
import { preset } from "./presets.js";

const USUAL = 26; // blinks a minute of people who talk
const HALF_WINDOW = 0.46;
const RISES = 0.1;
const PEAK = 0.35;
const MARGIN = 0.04;
const SMALLEST_GAP = 1.5;
const PLACE = [0.35, 0.3];

/** New columns {eye_closure_left, ...} in place of the lids of `columns` (id to Float32Array), `rate` times the blinks. */
export function withBlinkRate(columns, frames, fps, rate) {
  const copy = (id) => Float32Array.from(columns[id] ?? new Float32Array(frames));
  const lids = ["eye_closure_left", "eye_closure_right"].map(copy);
  const wide = ["upper_lid_raise_left", "upper_lid_raise_right"].map(copy);
  const rest = lids.map((lid) => runningMedian(lid, Math.floor(HALF_WINDOW * fps)));
  const blinks = find(lids, rest, fps);
  if (rate < 1) {
    const order = blinks.map((_, number) => number).sort((a, b) => chance(0, a) - chance(0, b));
    for (const number of order.slice(rounded(rate * blinks.length))) remove(lids, wide, rest, ...blinks[number]);
  } else if (rate > 1) {
    const usual = blinks.length || (USUAL * frames) / fps / 60;
    const middles = blinks.map(([first, last]) => (first + last) / 2 / fps);
    const shape = preset("blink", 2, 0.4, fps, 0, 0).columns.eye_closure_left;
    for (const time of newTimes(middles, frames / fps, rounded((rate - 1) * usual))) {
      insert(lids, wide, shape, rounded(time * fps) - (shape.length >> 1));
    }
  }
  return {
    eye_closure_left: lids[0],
    eye_closure_right: lids[1],
    upper_lid_raise_left: wide[0],
    upper_lid_raise_right: wide[1],
  };
}

const rounded = (number) => Math.floor(number + 0.5);

function runningMedian(values, half) {
  const last = values.length - 1;
  const window = new Float32Array(2 * half + 1);
  return values.map((_, frame) => {
    for (let k = -half; k <= half; k++) window[k + half] = values[Math.min(Math.max(frame + k, 0), last)];
    return Float32Array.from(window).sort()[half];
  });
}

/** Ranges [first frame, frame after the last] in which both lids come down together. */
function find(lids, rest, fps) {
  const frames = lids[0].length;
  const margin = Math.ceil(MARGIN * fps);
  const blinks = [];
  let first = -1;
  let together = 0;
  for (let frame = 0; frame <= frames; frame++) {
    const above = frame < frames ? lids.map((lid, side) => lid[frame] - rest[side][frame]) : [0, 0];
    if (Math.max(...above) > RISES) {
      if (first < 0) [first, together] = [frame, 0];
      together = Math.max(together, Math.min(...above));
    } else if (first >= 0) {
      if (together > PEAK) blinks.push([Math.max(first - margin, 0), Math.min(frame + margin, frames)]);
      first = -1;
    }
  }
  return blinks;
}

function remove(lids, wide, rest, first, last) {
  const frames = lids[0].length;
  lids.forEach((lid, side) => {
    for (let frame = first; frame < last; frame++) lid[frame] = Math.min(lid[frame], rest[side][frame]);
  });
  const ends = [first - 1, last].filter((frame) => frame >= 0 && frame < frames);
  if (!ends.length) return;
  for (const column of wide) {
    const [start, end] = [column[ends[0]], column[ends[ends.length - 1]]];
    for (let frame = first; frame < last; frame++) {
      const share = ends.length > 1 ? (frame - ends[0]) / (ends[1] - ends[0]) : 0;
      column[frame] = start + share * (end - start);
    }
  }
}

function insert(lids, wide, shape, first) {
  for (let frame = Math.max(first, 0); frame < Math.min(first + shape.length, lids[0].length); frame++) {
    const closed = shape[frame - first];
    for (const lid of lids) lid[frame] = Math.max(lid[frame], closed);
    for (const column of wide) column[frame] *= 1 - closed;
  }
}

/** Seconds of up to so many more blinks, each in the gap that is the longest by then. */
function newTimes(times, seconds, count) {
  const borders = [0, ...times, seconds];
  const gaps = borders.slice(1).map((end, k) => [borders[k], end]);
  const added = [];
  while (added.length < count) {
    let longest = 0;
    gaps.forEach(([start, end], k) => {
      const length = end - start - (gaps[longest][1] - gaps[longest][0]);
      if (length > 0 || (length === 0 && start < gaps[longest][0])) longest = k;
    });
    const [start, end] = gaps[longest];
    if (end - start < SMALLEST_GAP) break;
    const time = start + (end - start) * (PLACE[0] + PLACE[1] * chance(0, added.length));
    added.push(time);
    gaps.splice(longest, 1, [start, time], [time, end]);
  }
  return added;
}
