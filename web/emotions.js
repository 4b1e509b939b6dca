// Emotions as rows of 40 columns and as tracks in time (auhead_models/au/emotions.py). A span is
// {start, end, emotion, level}, in seconds; an end of null lasts until the next span begins.

import { clamp, sCurve } from "./curve.js";
import { COLUMNS, EMOTION_APEX, LEVEL_FACTOR, REGION_DELAY, TRANSITION } from "./units.js";

const DELAY = COLUMNS.map((column) => REGION_DELAY[column.region] ?? 0);
const LONGEST_DELAY = Math.max(...DELAY);
const rows = new Map();

/** Whether a span is of an emotion and a level that there are: any may come in with a performance. */
export const isKnown = ({ emotion, level }) => Object.hasOwn(EMOTION_APEX, emotion) && LEVEL_FACTOR[level - 1] !== undefined;

/** Values [40] of an emotion at level 1, 2 or 3. */
export function expression(emotion, level) {
  const name = `${emotion} ${level}`;
  if (!rows.has(name)) {
    const apex = EMOTION_APEX[emotion];
    const row = COLUMNS.map((column) => clamp((apex[column.id] ?? 0) * LEVEL_FACTOR[level - 1], -1, 1));
    rows.set(name, Float32Array.from(row));
  }
  return rows.get(name);
}

/** Spans in order; an open end becomes the beginning of the next one that starts later. */
export function closed(spans) {
  const ordered = [...spans].sort((a, b) => a.start - b.start);
  return ordered.map((span, index) => {
    if (span.end !== null) return span;
    const next = ordered.slice(index + 1).find((other) => other.start > span.start);
    return { ...span, end: next ? next.start : Infinity };
  });
}

/** When each span, closed and in order, comes and goes: [{span, rise, end}]. */
function timed(spans) {
  return spans.map((span, index) => {
    let end = span.end;
    let rise = TRANSITION;
    spans.forEach((other, place) => {
      if (place < index && span.start < other.end && other.end <= span.end) rise = Math.max(rise, other.end - span.start);
      if (place > index && other.start <= span.end && span.end < other.end) {
        end = Math.max(end, other.start + Math.max(TRANSITION, span.end - other.start));
      }
    });
    return { span, rise, end };
  });
}

/** Writes the track of closed spans on frames from..to-1 into columns[40] (Float32Array each, or null where unused). */
export function fillTrack(spans, fps, from, to, columns) {
  for (const column of columns) column?.fill(0, from, to);
  for (const { span, rise, end } of timed(spans)) {
    const target = expression(span.emotion, span.level);
    const first = Math.max(from, Math.floor(span.start * fps));
    const last = Math.min(to, Math.ceil((end + TRANSITION + LONGEST_DELAY) * fps) + 1);
    columns.forEach((column, c) => {
      if (!column) return;
      for (let frame = first; frame < last; frame++) {
        const time = frame / fps - DELAY[c];
        const weight = sCurve((time - span.start) / rise) * (1 - sCurve((time - end) / TRANSITION));
        column[frame] += weight * (target[c] - column[frame]);
      }
    });
  }
}

/** Columns that any of these spans moves, as indices. */
export function movedColumns(spans) {
  const moved = new Set();
  for (const span of spans) expression(span.emotion, span.level).forEach((value, c) => value && moved.add(c));
  return moved;
}

/** The seconds [from, to] in which two lists of closed spans may give different tracks, or null. */
export function changedTime(before, after) {
  const text = (span) => `${span.start} ${span.end} ${span.emotion} ${span.level}`;
  const old = new Set(before.map(text));
  const now = new Set(after.map(text));
  const changed = [...before.filter((span) => !now.has(text(span))), ...after.filter((span) => !old.has(text(span)))];
  if (!changed.length) return null;
  let from = Math.min(...changed.map((span) => span.start));
  let to = Math.max(...changed.map((span) => span.end));
  for (const span of [...before, ...after]) {
    if (span.start <= to && span.end >= from) {
      from = Math.min(from, span.start);
      to = Math.max(to, span.end);
    }
  }
  return [from, to + 2 * TRANSITION + LONGEST_DELAY];
}
