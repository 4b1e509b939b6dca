// Changes of keys, as functions from edits to new edits. A layer says which curves: -1 the added ones (edits.keys), from 0
// on those of a replaced range. Keys are objects that are never changed, so a selection is a Set of them.

import { curveAt, SAME_TIME } from "./curve.js";
import { sideShare } from "./rows.js";
import { CHANGES_SIGN, COLUMNS } from "./units.js";

const ID = COLUMNS.map((column) => column.id);
const INDEX = Object.fromEntries(ID.map((id, c) => [id, c]));

const LONGEST_REST = 1; // seconds from a key to the rest that goes along with it

export const curvesOf = (edits, layer) => (layer < 0 ? edits.keys : edits.replace[layer].keys);
export const keysOf = (edits, layer, c) => curvesOf(edits, layer)[ID[c]] ?? [];

/** The curves that an edit of a column at a time belongs to: the last range that replaces it there, or the added ones. */
export function layerAt(edits, c, time) {
  const covers = (part) => ID[c] in part.keys && part.start <= time + SAME_TIME && time < part.end - SAME_TIME;
  return edits.replace.findLastIndex(covers);
}

/** Edits with other keys of one curve. */
export function withKeys(edits, layer, c, keys) {
  if (layer >= 0) {
    const part = { ...edits.replace[layer], keys: { ...edits.replace[layer].keys, [ID[c]]: keys } };
    return { ...edits, replace: edits.replace.map((each, k) => (k === layer ? part : each)) };
  }
  const { [ID[c]]: old, ...others } = edits.keys;
  return { ...edits, keys: keys.length ? { ...edits.keys, [ID[c]]: keys } : others };
}

/** The keys of a channel, those of several columns at one time as one: [{time, ease, layer, members: [{c, key}]}]. */
export function channelKeys(edits, channel) {
  const found = [];
  for (let layer = -1; layer < edits.replace.length; layer++) {
    if (channel.parts.length === 1) {
      const [[c]] = channel.parts;
      for (const key of keysOf(edits, layer, c)) found.push({ time: key.time, ease: key.ease, layer, members: [{ c, key }] });
      continue;
    }
    const moments = new Map(); // from time, and how often the column has it, to what was found
    for (const [c] of channel.parts) {
      let [last, times] = [-1, 0];
      for (const key of keysOf(edits, layer, c)) {
        const tick = Math.round(key.time / SAME_TIME);
        times = tick === last ? times + 1 : 0;
        last = tick;
        const name = times ? `${tick} ${times}` : tick;
        const moment = moments.get(name);
        if (moment) moment.members.push({ c, key });
        else moments.set(name, { time: key.time, ease: key.ease, layer, members: [{ c, key }] });
      }
    }
    found.push(...moments.values());
  }
  return found.sort((a, b) => a.time - b.time);
}

/** Edits with `change(key, column, layer)` in place of each selected key (null deletes it), and the new keys. */
export function mapKeys(edits, selection, change) {
  const selected = new Set();
  let result = edits;
  for (let layer = -1; layer < edits.replace.length; layer++) {
    for (const [id, keys] of Object.entries(curvesOf(edits, layer))) {
      const [stay, moved] = [[], []];
      for (const key of keys) {
        if (!selection.has(key)) stay.push(key);
        else moved.push(change(key, INDEX[id], layer));
      }
      if (!moved.length) continue;
      const kept = moved.filter((key) => key !== null);
      for (const key of kept) selected.add(key);
      result = withKeys(result, layer, INDEX[id], merged(stay, kept));
    }
  }
  return { edits: result, selection: selected };
}

/** Both lists in the order of time; a key of the second takes the place of one of the first at its time. */
function merged(keys, others) {
  const moved = [...others].sort((a, b) => a.time - b.time);
  if (!keys.length) return moved;
  let next = 0;
  const free = keys.filter(({ time }) => {
    while (moved[next]?.time <= time - SAME_TIME) next++;
    return !(moved[next]?.time < time + SAME_TIME);
  });
  return [...free, ...moved].sort((a, b) => a.time - b.time);
}

/** Keys [{c, key}] without those before the beginning: the last of a column's stands at 0 unless another one does. */
export function fromTheBeginning(members) {
  const covered = ({ c, key }) => members.some((other) => other.c === c && other.key.time > key.time && other.key.time < SAME_TIME);
  return members
    .filter((member) => member.key.time >= 0 || !covered(member))
    .map((member) => (member.key.time >= 0 ? member : { ...member, key: { ...member.key, time: 0 } }));
}

/** Puts keys [{c, key}] into the curves that are in force at their time. */
export function insertKeys(edits, members) {
  let result = edits;
  const curves = new Map();
  for (const { c, key } of members) {
    const layer = layerAt(edits, c, key.time);
    const name = `${layer} ${c}`;
    if (!curves.has(name)) curves.set(name, { layer, c, keys: [] });
    curves.get(name).keys.push(key);
  }
  for (const { layer, c, keys } of curves.values()) {
    result = withKeys(result, layer, c, merged(keysOf(result, layer, c), keys));
  }
  return { edits: result, selection: new Set(members.map(({ key }) => key)) };
}

/**
 * A key of a channel at a time, `delta` above what is there. Where the added curve rests at 0 on either side within
 * `ease` seconds, keys of 0 hold it there, so that an edit stays where it was made.
 */
export function addKey(edits, channel, time, delta, { balance = 0, ease = 0.4, kind = "smooth" } = {}) {
  let result = edits;
  const selection = new Set();
  for (const [c, weight] of channel.parts) {
    const layer = layerAt(result, c, time);
    const keys = keysOf(result, layer, c);
    const share = weight * sideShare(c, balance) * delta;
    const key = { time, value: tidyValue(curveAt(keys, time) + share), ease: kind };
    selection.add(key);
    const added = [key];
    if (layer < 0 && ease > 0) {
      const before = keys.findLast((each) => each.time < time - SAME_TIME);
      const after = keys.find((each) => each.time > time + SAME_TIME);
      const rests = (near) => !near || near.value === 0;
      if (rests(before) && (before ? before.time : -1) < time - ease && time > SAME_TIME) added.push(rest(time - ease));
      if (rests(after) && (after ? after.time : Infinity) > time + ease) added.push(rest(time + ease));
    }
    result = withKeys(result, layer, c, merged(keys, added));
  }
  return { edits: result, selection };
}

const rest = (time) => ({ time: tidy(Math.max(time, 0)), value: 0, ease: "smooth" });

/** A number as it is stored: six decimals, as no eye sees more. */
export const tidy = (number) => Math.round(number * 1e6) / 1e6 + 0;

/** A key's value as it is stored: what no eye sees is left out. */
export const tidyValue = (value) => Math.round(value * 1e4) / 1e4 + 0;

/** How keys near the selected ones move along with a soft drag: a Map from key to weight, 1 for the selected. */
export function softWeights(edits, selection, radius) {
  const weights = new Map();
  for (let layer = -1; layer < edits.replace.length; layer++) {
    for (const keys of Object.values(curvesOf(edits, layer))) {
      const own = keys.filter((key) => selection.has(key));
      if (!own.length) continue;
      let next = 0; // the first of them that is not before the key
      for (const key of keys) {
        while (next < own.length && own[next].time < key.time) next++;
        if (selection.has(key)) {
          weights.set(key, 1);
          continue;
        }
        const before = next > 0 ? key.time - own[next - 1].time : Infinity;
        const after = next < own.length ? own[next].time - key.time : Infinity;
        const x = 1 - Math.min(before, after) / radius;
        if (x > 0) weights.set(key, x * x * (3 - 2 * x));
      }
    }
  }
  return weights;
}

/**
 * Keys of 0 that hold a bump beside the selected ones and go along with them in time: a Map from key to 1. One that also
 * holds another bump stays.
 */
export function restsBeside(edits, selection) {
  const rests = new Map();
  for (let layer = -1; layer < edits.replace.length; layer++) {
    for (const keys of Object.values(curvesOf(edits, layer))) {
      keys.forEach((key, k) => {
        if (!selection.has(key)) return;
        for (const step of [-1, 1]) {
          const [near, far] = [keys[k + step], keys[k + 2 * step]];
          const holds = near && near.value === 0 && !selection.has(near) && (!far || far.value === 0);
          if (holds && Math.abs(near.time - key.time) <= LONGEST_REST) rests.set(near, 1);
        }
      });
    }
  }
  return rests;
}

/** Selected keys with left and right exchanged; without a selection everything: keys, ranges, gains, offsets, mutes. */
export function mirrored(edits, selection) {
  const swapped = (id) => COLUMNS[INDEX[id]]?.mirror ?? id;
  if (selection.size) {
    const members = [];
    const rest = mapKeys(edits, selection, (key, c) => {
      members.push({ c: INDEX[swapped(ID[c])], key: { ...key, value: signed(ID[c], key.value) } });
      return null;
    });
    return insertKeys(rest.edits, members);
  }
  const names = (object, value) =>
    Object.fromEntries(Object.entries(object).map(([id, each]) => [swapped(id), value(id, each)]));
  const curves = (keys) => names(keys, (id, each) => each.map((key) => ({ ...key, value: signed(id, key.value) })));
  const result = {
    ...edits,
    keys: curves(edits.keys),
    replace: edits.replace.map((part) => ({ ...part, keys: curves(part.keys) })),
    gains: names(edits.gains, (id, gain) => gain),
    offsets: names(edits.offsets, signed),
    mutes: edits.mutes.map(swapped),
  };
  return { edits: result, selection: new Set() };
}

const MIRROR_SIGN = new Set(CHANGES_SIGN);
const signed = (id, value) => (MIRROR_SIGN.has(id) ? -value + 0 : value);

/** A few keys that follow values [frames] within `tolerance`: Douglas and Peucker's line, smoothed. */
export function simplified(values, fps, from, to, tolerance) {
  const kept = new Set([from, to - 1]);
  const parts = [[from, to - 1]];
  while (parts.length) {
    const [first, last] = parts.pop();
    let [worst, far] = [tolerance, -1];
    for (let frame = first + 1; frame < last; frame++) {
      const line = values[first] + ((values[last] - values[first]) * (frame - first)) / (last - first);
      const off = Math.abs(values[frame] - line);
      if (off > worst) [worst, far] = [off, frame];
    }
    if (far >= 0) {
      kept.add(far);
      parts.push([first, far], [far, last]);
    }
  }
  const frames = [...kept].sort((a, b) => a - b);
  return frames.map((frame) => ({ time: tidy(frame / fps), value: tidyValue(values[frame]), ease: "smooth" }));
}
