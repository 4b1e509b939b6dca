// The arithmetic of edits (auhead_models/au/edits.py) on 40 columns of frames, redone only where an edit changed.
//
// A base is {fps, frames, columns, spans}: columns maps ids to Float32Array[frames]; an id that is missing is 0
// throughout. spans are the emotions that are in it.

import { withBlinkRate } from "./blinks.js";
import { clamp, fillCurve, roundEven, SAME_TIME, sCurve } from "./curve.js";
import { NO_EDITS } from "./edits_json.js";
import { changedTime, closed, fillTrack, movedColumns } from "./emotions.js";
import { Exchange } from "./exchange.js";
import { preset } from "./presets.js";
import { COLUMNS } from "./units.js";

const INDEX = Object.fromEntries(COLUMNS.map((column, c) => [column.id, c]));
const LOWER = COLUMNS.map((column) => column.minimum);
const UPPER = COLUMNS.map((column) => column.maximum);
const CLOSING = (column) => column.region === "eyes" || column.id === "lips_together";

/** Whether a region or an id ("all", "brows", "jaw_open") means this column. */
export const means = (name, column) => name === "all" || name === column.id || name === column.region;

export class Performance {
  constructor(base) {
    this.fps = base.fps;
    this.frames = base.frames;
    this.seconds = base.frames / base.fps;
    const column = (id) => base.columns[id] ?? new Float32Array(base.frames);
    this.base = COLUMNS.map(({ id }) => column(id)); // as it came
    this.calm = this.base; // with the blinks and the smoothing of the edits
    this.track = COLUMNS.map(() => null); // emotions, Float32Array where one moves
    this.exchange = () => (this.exchanged ??= new Exchange(base, this.base)); // with those that are in the base
    this.played = COLUMNS.map(() => null); // presets
    this.edited = this.base.map((values, c) => values.map((value) => clamp(value, LOWER[c], UPPER[c])));
    this.edits = NO_EDITS;
    this.spans = [];
    this.presets = new Map();
    this.scratch = new Float64Array(base.frames);
    this.weight = new Float64Array(base.frames);
  }

  /** Bring `edited` to these edits; the columns that changed as a Map from index to [first frame, frame after]. */
  update(edits) {
    const before = this.edits;
    if (edits === before) return new Map();
    this.edits = edits;
    const dirty = new Map();
    const mark = (c, from = 0, to = this.frames) => {
      const [first, last] = dirty.get(c) ?? [from, to];
      dirty.set(c, [Math.max(Math.min(first, from), 0), Math.min(Math.max(last, to), this.frames)]);
    };
    const markTime = (c, from, to) => {
      const end = to < this.seconds ? Math.ceil(to * this.fps) + 2 : this.frames;
      mark(c, Math.min(Math.floor(from * this.fps) - 1, this.frames), end);
    };
    const markAll = () => COLUMNS.forEach((_, c) => mark(c));

    if (edits.blinkRate !== before.blinkRate || edits.smoothing !== before.smoothing) {
      this.calm = calmed(this.base, this.frames, this.fps, edits);
      markAll();
    }
    if (edits.spans !== before.spans || edits.replaceSpans !== before.replaceSpans) this.updateSpans(before, markTime);
    if (edits.presets !== before.presets) this.updatePresets(before.presets, edits.presets, mark);
    if (edits.gains !== before.gains || edits.mutes !== before.mutes || edits.offsets !== before.offsets) {
      COLUMNS.forEach((column, c) => {
        const changed =
          factor(edits, column) !== factor(before, column) ||
          muted(edits, column) !== muted(before, column) ||
          (edits.offsets[column.id] ?? 0) !== (before.offsets[column.id] ?? 0);
        if (changed) mark(c);
      });
    }
    if (edits.keys !== before.keys) markKeys(before.keys, edits.keys, markTime);
    if (edits.replace !== before.replace) {
      for (let k = 0; k < Math.max(before.replace.length, edits.replace.length); k++) {
        if (before.replace[k] === edits.replace[k]) continue;
        for (const part of [before.replace[k], edits.replace[k]]) {
          for (const id of Object.keys(part?.keys ?? {})) markTime(INDEX[id], part.start, part.end);
        }
      }
    }
    for (const [c, [from, to]] of dirty) this.finish(c, from, to);
    return dirty;
  }

  /** What the JSON lists as the performance's emotions: [{start, end, emotion, level}] inside its length. */
  shownSpans(own = []) {
    const inside = [...(this.edits.replaceSpans ? [] : own), ...this.spans].filter((span) => span.start < this.seconds);
    const cut = inside.map((span) => ({ ...span, end: Math.min(span.end, this.seconds) }));
    return cut.sort((a, b) => a.start - b.start || a.end - b.end);
  }

  updateSpans(before, markTime) {
    const { spans, replaceSpans } = this.edits;
    const shown = this.spans;
    this.spans = closed(spans);
    const switched = replaceSpans !== before.replaceSpans;
    const time = switched ? [0, Infinity] : changedTime(shown, this.spans);
    if (!time) return;
    const moved = movedColumns([...shown, ...this.spans, ...(replaceSpans ? this.exchange().spans : [])]);
    for (const c of moved) this.track[c] ??= new Float32Array(this.frames);
    const from = Math.max(Math.floor(time[0] * this.fps), 0);
    const to = Math.min(Math.ceil(time[1] * this.fps) + 1, this.frames);
    if (from < to) fillTrack(this.spans, this.fps, from, to, this.track);
    if (from < to && replaceSpans) this.exchange().apply(this.track, from, to);
    this.track.forEach((column, c) => column && markTime(c, ...time));
  }

  updatePresets(before, presets, mark) {
    const played = new Map();
    const shapes = presets.map((timed, index) => {
      const stream = timed.name === "idle" ? index : 0;
      const name = `${timed.name} ${timed.level} ${timed.seconds} ${stream}`;
      const shape = this.presets.get(name) ?? preset(timed.name, timed.level, timed.seconds, this.fps, stream);
      played.set(name, shape);
      return shape;
    });
    const areas = [...(this.shapes ?? []), ...shapes.map((shape, k) => ({ shape, timed: presets[k], index: k }))];
    const same = ({ timed, index }) => before[index] === timed && presets[index] === timed;
    const changed = areas.filter((area) => !same(area));
    this.presets = played;
    this.shapes = shapes.map((shape, k) => ({ shape, timed: presets[k], index: k }));
    for (const { shape, timed } of changed) {
      const first = roundEven(timed.start * this.fps);
      for (const id of Object.keys(shape.columns)) {
        const c = INDEX[id];
        const [from, to] = [Math.min(first, this.frames), Math.min(first + shape.frames, this.frames)];
        this.played[c] ??= new Float32Array(this.frames);
        this.played[c].fill(0, from, to);
        for (const area of this.shapes) addPreset(this.played[c], area, id, this.fps, from, to);
        if (from < to) mark(c, from, to);
      }
    }
  }

  finish(c, from, to) {
    const out = this.edited[c];
    if (muted(this.edits, COLUMNS[c])) return out.fill(0, from, to);
    const values = this.unclipped(c, from, to);
    for (let frame = from; frame < to; frame++) out[frame] = clamp(values[frame - from], LOWER[c], UPPER[c]);
    return out;
  }

  /** Steps 5 to 7 on frames from..to-1: gains, offsets, keys, replaced ranges. The next call overwrites the result. */
  unclipped(c, from, to) {
    const column = COLUMNS[c];
    const { edits, fps, frames, scratch, weight } = this;
    const [calm, track, played] = [this.calm[c], this.track[c], this.played[c]];
    const gain = factor(edits, column);
    const offset = edits.offsets[column.id] ?? 0;
    fillCurve(edits.keys[column.id] ?? [], fps, from, to, scratch);
    for (let frame = from; frame < to; frame++) scratch[frame - from] += calm[frame] * gain + offset;
    for (const added of [track, played]) {
      if (added) for (let frame = from; frame < to; frame++) scratch[frame - from] += added[frame] * gain;
    }
    for (const part of edits.replace) {
      if (!(column.id in part.keys)) continue;
      const first = Math.max(from, Math.floor(part.start * fps) - 1);
      const last = part.end * fps + 2 < to ? Math.ceil(part.end * fps) + 2 : to;
      if (first >= last) continue;
      fillCurve(part.keys[column.id], fps, first, last, weight);
      for (let frame = first; frame < last; frame++) {
        const value = scratch[frame - from];
        scratch[frame - from] = value + presence(part, frame / fps, frames / fps) * (weight[frame - first] - value);
      }
    }
    return scratch;
  }

  /** The 40 values of a frame before they are clipped to their ranges: what an edit is added to. */
  rowAt(frame) {
    return COLUMNS.map((_, c) => this.unclipped(c, frame, frame + 1)[0]);
  }
}

/** How far a range stands in place of the performance at a time, 0..1. */
export function presence(part, time, seconds) {
  if (time + SAME_TIME < part.start || time + SAME_TIME >= part.end) return 0;
  const fade = Math.min(part.fade, (part.end - part.start) / 2);
  let weight = 1;
  if (fade > 0 && part.start > 0) weight *= sCurve((time - part.start) / fade);
  if (fade > 0 && part.end < seconds - SAME_TIME) weight *= sCurve((part.end - time) / fade);
  return weight;
}

export const muted = (edits, column) => edits.mutes.some((name) => means(name, column));

export const factor = (edits, column) =>
  Object.entries(edits.gains).reduce((product, [name, gain]) => (means(name, column) ? product * gain : product), 1);

function addPreset(out, { shape, timed }, id, fps, from, to) {
  const values = shape.columns[id];
  const first = roundEven(timed.start * fps);
  if (!values) return;
  for (let frame = Math.max(from, first); frame < Math.min(to, first + shape.frames); frame++) {
    out[frame] += timed.weight * values[frame - first];
  }
}

/** Steps 1 and 2: the base with other blinks, and smoothed. */
function calmed(base, frames, fps, edits) {
  const calm = [...base];
  if (edits.blinkRate !== 1) {
    const columns = Object.fromEntries(COLUMNS.map((column, c) => [column.id, base[c]]));
    const lids = withBlinkRate(columns, frames, fps, edits.blinkRate);
    for (const [id, values] of Object.entries(lids)) calm[INDEX[id]] = values;
  }
  for (const { seconds, regions } of edits.smoothing) {
    const chosen = (column) => (regions ? regions.some((name) => means(name, column)) : !CLOSING(column));
    COLUMNS.forEach((column, c) => {
      if (seconds > 0 && chosen(column) && calm[c].some((value) => value !== 0)) calm[c] = smoothed(calm[c], seconds * fps);
    });
  }
  return calm;
}

/** A Gaussian of this standard deviation in frames, cut at four of them, the ends held. */
function smoothed(values, deviation) {
  const radius = Math.floor(4 * deviation + 0.5);
  const bell = Array.from({ length: radius + 1 }, (_, k) => Math.exp((-0.5 * k * k) / (deviation * deviation)));
  const total = bell.reduce((sum, weight, k) => sum + (k ? 2 * weight : weight), 0);
  const last = values.length - 1;
  return values.map((value, frame) => {
    let sum = value * bell[0];
    for (let k = 1; k <= radius; k++) {
      sum += bell[k] * (values[Math.max(frame - k, 0)] + values[Math.min(frame + k, last)]);
    }
    return sum / total;
  });
}

/** Marks the time in which curves differ: a key bends the curve up to two keys away. */
function markKeys(before, after, markTime) {
  for (const id of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[id] ?? [], after[id] ?? []];
    if (old === now) continue;
    let same = 0;
    while (same < old.length && old[same] === now[same]) same++;
    let tail = 0;
    while (tail < Math.min(old.length, now.length) - same && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
    if (same === old.length && same === now.length) continue;
    const from = same >= 2 ? now[same - 2].time : 0;
    const to = tail >= 2 ? now[now.length - tail + 1].time : Infinity;
    markTime(INDEX[id], from, to);
  }
}
