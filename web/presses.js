// What a press on the timeline begins, but for blocks (block_presses.js): each is {move(at, event), ...} of pointer.js.

import { beginDrag, dragTo, stretchTo } from "./actions.js";
import { noteText } from "./draw_moving.js";
import { keyPoints, rowScale } from "./places.js";
import { channelValue, deltaFor } from "./rows.js";
import { insideBox } from "./timeline.js";

export const STARTS = 3; // pixels before a press becomes a drag

export const scrubbing = ({ editor }) => ({ move: (at) => editor.setPlayhead(editor.snap(editor.scale.time(at.x))) });

/** Marks the time between an anchor and the pointer. */
export function marking({ editor }, anchor) {
  return {
    move: (at) => {
      const time = Math.min(editor.snap(editor.scale.time(at.x)), editor.seconds);
      const [from, to] = [Math.min(anchor, time), Math.max(anchor, time)];
      setLoop(editor, to - from > 1.5 / editor.fps ? { from, to } : null);
    },
  };
}

export function setLoop(editor, loop) {
  editor.loop = loop;
  if (loop) editor.looping = true;
  editor.onChange("draw");
}

export function panning({ editor }, start) {
  let last = start.x;
  return {
    move: (at) => {
      editor.scale.pan(last - at.x);
      last = at.x;
      editor.onChange("draw");
    },
  };
}

/** Selects the keys in a box. */
export function boxing(pointer, start, event) {
  const { editor } = pointer;
  const before = event.shiftKey ? editor.selection : new Set();
  if (!event.shiftKey && editor.selection.size) editor.select(new Set());
  return {
    threshold: STARTS,
    move: (at) => {
      pointer.box = { x0: start.x, y0: start.y, x1: at.x, y1: at.y };
      const place = pointer.place();
      const inside = editor.rows.flatMap((row, index) => keyPoints(editor, place, index).filter((key) => key.y >= place.head && insideBox(key, pointer.box)));
      editor.select(new Set([...before, ...inside.flatMap((key) => key.members.map(({ key: each }) => each))]));
    },
  };
}

/** A press on a key selects it, or adds it to the selection, and drags that. */
export function onKey(pointer, at, hit, event) {
  const { editor } = pointer;
  const items = hit.key.members.map(({ key }) => key);
  const has = items.some((item) => editor.selection.has(item));
  editor.setActive(hit.row.id, hit.key.order);
  if (event.shiftKey && !event.altKey) {
    editor.select(new Set(has ? [...editor.selection].filter((item) => !items.includes(item)) : [...editor.selection, ...items]));
    if (has) return null;
  } else if (!has) editor.select(new Set(items));
  return dragging(pointer, at, hit);
}

/** Drags the selection by a key: Shift locks an axis, Alt takes neighbours along softly. */
export function dragging(pointer, start, hit) {
  const { editor } = pointer;
  const { channel, time } = hit.key;
  const drag = beginDrag(editor);
  const frame = editor.frameAt(time);
  const values = editor.performance.rowAt(frame);
  const scale = rowScale(editor, pointer.place(), hit.index);
  const shown = channelValue(channel, editor.performance.edited, frame);
  const grip = scale.y(shown) - start.y;
  const held = hit.key.members.map(({ c }) => c); // a key may be one of some of its channel's columns only
  const moving = { ...channel, parts: channel.parts.filter(([c]) => held.includes(c)) };
  let current = null;
  const apply = (at, event) => {
    current = [at, event];
    let by = Math.max(editor.snap(Math.max(time + (at.x - start.x) / editor.scale.scale, 0)) - time, -drag.earliest);
    let value = scale.value(at.y + grip);
    if (event.shiftKey) {
      if (Math.abs(at.x - start.x) > Math.abs(at.y - start.y)) value = shown;
      else by = 0;
    }
    const delta = value === shown ? 0 : deltaFor(moving, values, value, editor.balanceOf(hit.row));
    editor.peek = time + by;
    pointer.soft = event.altKey ? { time: time + by, radius: pointer.radius } : null;
    dragTo(editor, drag, { by, delta, channel, row: hit.row, radius: event.altKey ? pointer.radius : 0 });
    const now = channelValue(channel, editor.performance.edited, editor.frameAt(time + by));
    pointer.note = { x: editor.scale.x(time + by), y: scale.y(now), text: noteText(channel, time + by, now) };
  };
  return { threshold: STARTS, move: apply, again: () => current && apply(...current), edits: true };
}

/** Stretches the selection in time by one end of its bar. */
export function stretching(pointer, { anchor, edge }) {
  const { editor } = pointer;
  const drag = beginDrag(editor);
  return {
    edits: true,
    move: (at) => {
      const time = editor.snap(editor.scale.time(at.x));
      const factor = Math.max((time - anchor) / (edge - anchor), 0.02);
      stretchTo(editor, drag, anchor, factor);
      pointer.note = { x: at.x, y: 40, text: `× ${factor.toFixed(2)}` };
    },
  };
}
