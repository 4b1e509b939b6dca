// Blocks in time: emotions (edits.spans), gestures (edits.presets) and replaced ranges (edits.replace). Functions from
// edits to new edits; a selection is a Set of the blocks' own objects. lane.js says how emotions make room for others.

import { tidy } from "./keys.js";

export const SHORTEST = 0.1; // seconds of a block

export const gestureBlocks = (edits) =>
  edits.presets.map((timed) => ({ from: timed.start, to: timed.start + timed.seconds, item: timed }));

export function addGesture(edits, name, level, start, seconds) {
  const added = { name, start: tidy(start), seconds: tidy(seconds), level, weight: 1, other: {} };
  return { edits: { ...edits, presets: [...edits.presets, added] }, selection: new Set([added]) };
}

/** Edits with `change(block)` in place of each selected block (null deletes it), and the new blocks. */
export function mapBlocks(edits, selection, change) {
  const selected = new Set();
  const mapped = (list) => {
    if (!list.some((item) => selection.has(item))) return list;
    return list.flatMap((item) => {
      if (!selection.has(item)) return [item];
      const moved = change(item);
      if (moved) selected.add(moved);
      return moved ? [moved] : [];
    });
  };
  const changed = { ...edits, spans: mapped(edits.spans), presets: mapped(edits.presets), replace: mapped(edits.replace) };
  return { edits: changed, selection: selected };
}

export const blockStart = (block) => block.start;
export const blockEnd = (block) => ("seconds" in block ? block.start + block.seconds : block.end);

/** The last moment that the edits speak of. */
export function lastMoment(edits) {
  const curves = [edits.keys, ...edits.replace.map((part) => part.keys)].flatMap((part) => Object.values(part));
  const times = [...curves.map((keys) => keys[keys.length - 1]?.time ?? 0), ...[...edits.spans, ...edits.presets].map(blockEnd)];
  return Math.max(0, ...times.filter(Number.isFinite));
}

/** A block at another place; a replaced range takes its keys along. */
export function movedBlock(block, by) {
  const start = tidy(Math.max(block.start + by, 0));
  if ("seconds" in block) return { ...block, start };
  const end = block.end === null ? null : tidy(block.end + start - block.start);
  if (!("keys" in block)) return { ...block, start, end };
  const moved = (keys) => keys.map((key) => ({ ...key, time: tidy(Math.max(key.time + start - block.start, 0)) }));
  return { ...block, start, end, keys: mapCurves(block.keys, moved) };
}

/** A block with another beginning ("start") or end ("end"). */
export function resizedBlock(block, part, time) {
  const end = blockEnd(block) ?? Infinity;
  const start = part === "start" ? tidy(Math.min(Math.max(time, 0), end - SHORTEST)) : block.start;
  const until = part === "end" ? tidy(Math.max(time, start + SHORTEST)) : end;
  if ("seconds" in block) return { ...block, start, seconds: tidy(until - start) };
  return { ...block, start, end: block.end === null && part === "start" ? null : until };
}

/** A block with its time stretched by a factor around a moment. */
export function stretchedBlock(block, anchor, factor) {
  const place = (time) => tidy(Math.max(anchor + (time - anchor) * factor, 0));
  const start = place(block.start);
  if ("seconds" in block) return { ...block, start, seconds: Math.max(tidy(block.seconds * factor), SHORTEST) };
  const end = block.end === null || block.end === Infinity ? block.end : Math.max(place(block.end), start + SHORTEST);
  if (!("keys" in block)) return { ...block, start, end };
  return { ...block, start, end, keys: mapCurves(block.keys, (keys) => keys.map((key) => ({ ...key, time: place(key.time) }))) };
}

const mapCurves = (curves, change) => Object.fromEntries(Object.entries(curves).map(([id, keys]) => [id, change(keys)]));
