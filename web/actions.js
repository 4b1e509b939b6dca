// What the user does with keys, blocks and the selection, as functions of an editor. Pointer, keyboard and buttons call these.

import { addGesture, blockEnd, blockStart, mapBlocks, movedBlock, stretchedBlock } from "./blocks.js";
import { addKey, fromTheBeginning, insertKeys, mapKeys, mirrored, restsBeside, simplified, softWeights, tidy, tidyValue } from "./keys.js";
import { addEmotion, ended, placeBlocks } from "./lane.js";
import { deltaFor, groupOf, sideShare } from "./rows.js";
import { COLUMNS, EMOTIONS, FADE } from "./units.js";

const MOST_VALUE = 4; // beyond this an edit has no effect in any column
const NEW_EMOTION = 2; // seconds
const NEW_GESTURE = 1.2;
const PULL_EASE = 0.3; // seconds in which what is pulled on the face comes and goes

export const limited = (value) => tidyValue(Math.min(Math.max(value, -MOST_VALUE), MOST_VALUE));

/**
 * Both kinds of selected things changed: keys by `key(key, c, layer)`, blocks by `block(block)`; `places` maps the
 * blocks, and where those change their place, other emotions make room.
 */
function mapped(edits, selection, key, block, places = mapBlocks) {
  const blocks = places(edits, selection, block);
  const keys = mapKeys(blocks.edits, selection, key);
  return { edits: keys.edits, selection: new Set([...blocks.selection, ...keys.selection]), blocks: blocks.selection };
}

const making = (editor) => (edits, selection, change) => placeBlocks(edits, selection, change, editor.seconds);

/** Adds a key of a channel; `target` is the value it shall show there, nothing: the one that it has. */
export function addKeyAt(editor, row, channel, time, target = null, gesture = null) {
  const at = editor.snap(time);
  const balance = editor.balanceOf(row);
  const delta = target === null ? 0 : deltaFor(channel, editor.performance.rowAt(editor.frameAt(at)), target, balance);
  const { edits, selection } = addKey(editor.edits, channel, at, delta, { balance, ease: editor.view.ease });
  editor.commit(edits, selection, gesture);
}

/** How an edit of 1 in the dragged channel moves another column that is selected with it. */
export function weightIn(channel, c) {
  const own = channel?.parts.find(([part]) => part === c);
  if (own) return own[1];
  const parts = groupOf(COLUMNS[c].id).linked.flatMap((each) => each.parts);
  return parts.find(([part]) => part === c)?.[1] ?? 1;
}

/** The state of a drag at its beginning, so that every movement of the pointer starts from there. */
export function beginDrag(editor, selection = editor.selection) {
  const edits = editor.editsFor(selection);
  const earliest = [...selection].reduce((least, item) => Math.min(least, item.time ?? item.start), Infinity);
  return { edits, selection, earliest, gesture: Symbol("drag") };
}

/** Moves what was selected when the drag began: by seconds, and by `delta` in the channel; softly within a radius. */
export function dragTo(editor, drag, { by = 0, delta = 0, channel = null, row = null, radius = 0 }) {
  const { edits, selection } = drag;
  by = Math.max(by, -drag.earliest); // all together, or what comes first would run into one another at 0
  if (drag.radius !== radius) {
    const weights = radius ? softWeights(edits, selection, radius) : restsBeside(edits, selection);
    Object.assign(drag, { radius, weights, moving: new Set([...weights.keys(), ...selection]) });
  }
  const { weights, moving } = drag;
  const balance = row ? editor.balanceOf(row) : 0;
  const selected = new Set();
  const moved = mapped(
    edits,
    moving,
    (key, c) => {
      const weight = weights.get(key) ?? 1;
      const share = channel && (radius || selection.has(key)) ? weightIn(channel, c) * sideShare(c, balance) : 0;
      const value = limited(key.value + delta * weight * share);
      const result = { ...key, time: tidy(Math.max(key.time + by * weight, 0)), value };
      if (selection.has(key)) selected.add(result);
      return result;
    },
    (block) => (by ? movedBlock(ended(block, editor.seconds), by) : block),
    by ? making(editor) : mapBlocks,
  );
  const stays = new Set([...moved.blocks, ...[...selected].filter((item) => moved.selection.has(item))]);
  editor.commit(moved.edits, stays, drag.gesture);
}

/** The selected keys and blocks a little earlier, later, higher or lower. */
export function nudge(editor, by, delta) {
  dragTo(editor, { ...beginDrag(editor), gesture: null }, { by, delta, channel: editor.activeChannel, row: editor.activeRow });
}

/** From when to when the selection lasts, or null. */
export function selectionTime(editor) {
  let [from, to] = [Infinity, -Infinity];
  for (const item of editor.selection) {
    const [start, end] = "value" in item ? [item.time, item.time] : [blockStart(item), blockEnd(item) ?? blockStart(item)];
    from = Math.min(from, start);
    to = Math.max(to, Number.isFinite(end) ? end : editor.seconds);
  }
  return from <= to ? { from, to } : null;
}

/** Stretches a drag's selection in time around an anchor. */
export function stretchTo(editor, drag, anchor, factor) {
  const place = (key) => ({ ...key, time: tidy(Math.max(editor.snap(anchor + (key.time - anchor) * factor), 0)) });
  const moved = mapped(drag.edits, drag.selection, place, (block) => stretchedBlock(ended(block, editor.seconds), anchor, factor), making(editor));
  editor.commit(moved.edits, moved.selection, drag.gesture);
}

/** The selection with the rests that hold its bumps. */
const withRests = (editor) => new Set([...editor.selection, ...restsBeside(editor.edits, editor.selection).keys()]);

export function remove(editor) {
  if (!editor.selection.size) return;
  const { edits } = mapped(editor.editsFor(editor.selection), withRests(editor), () => null, () => null);
  editor.commit(edits, new Set());
}

export function setEase(editor, ease) {
  const changed = mapped(editor.edits, editor.selection, (key) => ({ ...key, ease }), (block) => block);
  editor.commit(changed.edits, changed.selection);
}

/** The selected keys to one time. */
export function setTime(editor, time) {
  const change = (key) => ({ ...key, time: tidy(Math.min(Math.max(time, 0), editor.lastTime)) });
  const changed = mapped(editor.edits, editor.selection, change, (block) => block);
  editor.commit(changed.edits, changed.selection);
}

/** Selects all keys of the active row; nothing there, or all of it already: everything. */
export function selectAll(editor) {
  const own = editor.active === "emotions" ? [...editor.laneEdits.spans, ...editor.edits.presets] : rowKeys(editor, editor.activeRow);
  const already = own.every((item) => editor.selection.has(item));
  const all = () => [...editor.rows.flatMap((row) => rowKeys(editor, row)), ...editor.edits.spans, ...editor.edits.presets];
  editor.select(new Set(already ? [...own, ...all()] : own));
}

const rowKeys = (editor, row) =>
  row ? row.channels.flatMap((channel) => editor.keys(channel).flatMap(({ members }) => members.map(({ key }) => key))) : [];

/** Goes to the next (1) or the previous (-1) key or block of the active row. */
export function goToNext(editor, direction, extend = false) {
  const stops =
    editor.active === "emotions"
      ? [...editor.laneEdits.spans, ...editor.edits.presets].map((item) => ({ time: item.start, items: [item] }))
      : editor.keys(editor.activeChannel).map((key) => ({ time: key.time, items: key.members.map(({ key: each }) => each) }));
  stops.sort((a, b) => a.time - b.time);
  const from = editor.playhead + direction * 1e-3;
  const stop = direction > 0 ? stops.find(({ time }) => time > from) : stops.findLast(({ time }) => time < from);
  if (!stop) return null;
  editor.setPlayhead(stop.time);
  editor.select(new Set(extend ? [...editor.selection, ...stop.items] : stop.items));
  return stop;
}

/** Copies the selection: {keys: [{c, time, value, ease}], spans, presets, channel, start of what is selected}. */
export function copied(editor) {
  const keys = [];
  mapKeys(editor.edits, withRests(editor), (key, c) => {
    keys.push({ c, ...key });
    return key;
  });
  const spans = editor.laneEdits.spans.filter((span) => editor.selection.has(span));
  const presets = editor.edits.presets.filter((timed) => editor.selection.has(timed));
  const start = selectionTime(editor)?.from;
  if (start === undefined) return null;
  return { kind: "auhead-keys", keys, spans, presets, channel: editor.activeChannel?.id ?? null, start };
}

/**
 * Pastes at the playhead: into the rows they came from, or from one row into the active one; `flip` changes sides.
 * What of it cannot be used, in a sentence, or null.
 */
export function paste(editor, clip, flip = false, at = editor.playhead) {
  const by = editor.snap(at) - clip.start;
  const target = editor.activeChannel;
  const groups = new Set(clip.keys.map(({ c }) => groupOf(COLUMNS[c].id).id));
  const elsewhere = !flip && target && clip.channel !== target.id && groups.size === 1 && (editor.activeRow.kind === "unit" || groupOf(editor.active).id !== [...groups][0] || target.parts.length < 3);
  let members = clip.keys.map(({ c, time, value, ease }) => ({ c, key: { time: tidy(time + by), value, ease } }));
  if (elsewhere) members = intoChannel(clip, target, by, editor.balanceOf(editor.activeRow));
  let { edits, selection } = insertKeys(clip.spans.length ? editor.laneEdits : editor.edits, fromTheBeginning(members));
  if (flip) ({ edits, selection } = mirrored(edits, selection));
  for (const span of clip.spans) {
    const added = addEmotion(edits, span.emotion, span.level, span.start + by, (span.end ?? span.start + NEW_EMOTION) + by, editor.seconds);
    edits = added.edits;
    added.selection.forEach((item) => selection.add(item));
  }
  for (const timed of clip.presets) {
    const moved = movedBlock(timed, by);
    edits = { ...edits, presets: [...edits.presets, moved] };
    selection.add(moved);
  }
  return editor.adopt(edits, selection);
}

/** Copied keys of another row as keys of a channel: the strongest of each moment counts. */
function intoChannel(clip, channel, by, balance) {
  const moments = new Map();
  for (const { c, time, value, ease } of clip.keys) {
    const weight = weightIn(null, c);
    const amount = value / weight;
    if (!moments.has(time) || Math.abs(amount) > Math.abs(moments.get(time).amount)) moments.set(time, { amount, ease });
  }
  return [...moments].flatMap(([time, { amount, ease }]) =>
    channel.parts.map(([c, weight]) => ({ c, key: { time: tidy(time + by), value: limited(amount * weight * sideShare(c, balance)), ease } })),
  );
}

export function mirror(editor) {
  const keys = new Set([...withRests(editor)].filter((item) => "value" in item));
  if (editor.selection.size && !keys.size) return 0;
  const { edits, selection } = mirrored(editor.edits, keys);
  editor.commit(edits, selection);
  return keys.size;
}

/** Drops emotion number 1..8 at the playhead, or gives it to the selected blocks. */
export function dropEmotion(editor, number) {
  const emotion = EMOTIONS[number - 1];
  const blocks = new Set(editor.laneEdits.spans.filter((span) => editor.selection.has(span)));
  const { edits, selection } = blocks.size
    ? mapBlocks(editor.editsFor(editor.selection), blocks, (span) => ({ ...span, emotion }))
    : withEmotion(editor, number, editor.playhead);
  editor.commit(edits, selection);
}

/** The edits with emotion number 1..8 from a time on, for two seconds or in all of the marked time; and its block. */
export function withEmotion(editor, number, time) {
  const at = editor.snap(time);
  const loop = editor.loop && at >= editor.loop.from && at < editor.loop.to ? editor.loop : null;
  const [start, end] = loop ? [loop.from, loop.to] : [at, Math.max(Math.min(at + NEW_EMOTION, editor.seconds), at + 0.2)];
  return addEmotion(editor.laneEdits, EMOTIONS[number - 1], editor.level, start, end, editor.seconds);
}

/** The level of the selected blocks, and of the next ones. */
export function setLevel(editor, level) {
  editor.level = Math.min(Math.max(level, 1), 3);
  const changed = mapBlocks(editor.editsFor(editor.selection), editor.selection, (block) => ("level" in block ? { ...block, level: editor.level } : block));
  if (changed.selection.size) editor.commit(changed.edits, new Set([...editor.selection].filter((item) => "value" in item).concat([...changed.selection])));
  else editor.onChange("draw");
}

export function dropGesture(editor, name) {
  const { edits, selection } = addGesture(editor.edits, name, editor.level, editor.snap(editor.playhead), NEW_GESTURE);
  editor.commit(edits, selection);
}

/** Makes the motion of the active row in the marked time (or a second around the playhead) keys of its own. */
export function replaceHere(editor) {
  const row = editor.activeRow;
  if (!row) return false;
  const start = editor.loop ? editor.loop.from : editor.snap(Math.max(editor.playhead - 0.5, 0));
  const end = editor.loop ? editor.loop.to : editor.snap(Math.min(start + 1, editor.seconds));
  if (end - start < 2 / editor.fps) return false;
  const [from, to] = [editor.frameAt(start), Math.min(editor.frameAt(end) + 1, editor.performance.frames)];
  const used = row.columns.filter((c) => row.channels.some((channel) => channel.parts.some(([part]) => part === c)));
  const keys = Object.fromEntries(
    used.map((c) => [COLUMNS[c].id, simplified(editor.performance.edited[c], editor.fps, from, to, 0.04)]),
  );
  const part = { start, end, fade: Math.min(FADE, (end - start) / 4), keys, other: {} };
  editor.commit({ ...editor.edits, replace: [...editor.edits.replace, part] }, new Set([part]));
  return true;
}

/** Keys that bring the whole face to a pose {column id: value} at the playhead, easing in and out. As `paste`. */
export function applyPose(editor, pose) {
  const at = editor.snap(editor.playhead);
  const frame = editor.frameAt(at);
  let { edits } = editor;
  const selection = new Set();
  for (const [id, value] of Object.entries(pose)) {
    const c = COLUMNS.findIndex((column) => column.id === id);
    const delta = value - editor.performance.edited[c][frame];
    if (Math.abs(delta) < 0.005) continue;
    const added = addKey(edits, { parts: [[c, 1]] }, at, delta, { ease: editor.view.ease });
    edits = added.edits;
    added.selection.forEach((key) => selection.add(key));
  }
  return editor.adopt(edits, selection);
}

/** The face at the playhead as a pose. */
export function poseHere(editor) {
  const row = editor.performance.edited.map((values) => tidy(values[editor.frame]));
  return Object.fromEntries(COLUMNS.map(({ id }, c) => [id, row[c]]));
}

/** Keys at the playhead that bring columns {id: value} there from what they were when the drag began. */
export function pullColumns(editor, drag, values, changed) {
  const at = editor.snap(editor.playhead);
  let { edits } = drag;
  const selection = new Set();
  for (const [id, value] of Object.entries(changed)) {
    const c = COLUMNS.findIndex((column) => column.id === id);
    const added = addKey(edits, { parts: [[c, 1]] }, at, value - values[c], { ease: PULL_EASE });
    edits = added.edits;
    added.selection.forEach((key) => selection.add(key));
  }
  editor.commit(edits, selection, drag.gesture);
}
