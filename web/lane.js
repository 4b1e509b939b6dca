// The lane of emotions. Blocks lie there one after the other: what is dropped, moved or made longer cuts those that it
// comes to lie on, and every step of a drag starts from its beginning, so what was cut comes back when it goes back.

import { mapBlocks, SHORTEST } from "./blocks.js";
import { closed, isKnown } from "./emotions.js";
import { tidy } from "./keys.js";

/** Emotions as they lie in the lane: [{from, to, item}] in seconds, cut at the end of the performance. */
export function emotionBlocks(spans, seconds) {
  const ordered = inOrder(spans);
  return closed(ordered).map((span, k) => ({ from: span.start, to: Math.min(span.end, Math.max(seconds, span.start)), item: ordered[k] }));
}

/** The emotions of a performance as blocks of the lane: none where all are neutral, which nobody would see. */
export function incomingEmotions(spans, seconds) {
  const known = inOrder(spans.filter((span) => span.start < seconds && isKnown(span)));
  if (known.every(({ emotion }) => emotion === "neutral")) return [];
  const open = (end, k) => k === known.length - 1 && end >= seconds - SHORTEST / 2;
  return known.map(({ start, end, emotion, level }, k) => ({ start, end: open(end, k) ? null : end, emotion, level, other: {} }));
}

/** A new emotion; what lay there makes room for it. */
export function addEmotion(edits, emotion, level, start, end, seconds) {
  const added = { start: tidy(start), end: tidy(end), emotion, level, other: {} };
  return laid(edits, shut(edits.spans), [added], seconds);
}

/** As mapBlocks of blocks.js, for changes of place, change(block as it shows, block): other emotions make room. */
export function placeBlocks(edits, selection, change, seconds) {
  if (!edits.spans.some((span) => selection.has(span))) return mapBlocks(edits, selection, change);
  const ordered = inOrder(edits.spans);
  const ends = shut(ordered);
  const others = ends.filter((_, k) => !selection.has(ordered[k]));
  const placed = ends.flatMap((span, k) => (selection.has(ordered[k]) ? [change(span, ordered[k])] : []));
  const rest = mapBlocks({ ...edits, spans: [] }, selection, change);
  const { edits: changed, selection: moved } = laid(rest.edits, others, placed, seconds);
  return { edits: changed, selection: new Set([...rest.selection, ...moved]) };
}

/** An emotion that is open to the end, ended where the performance ends: so it keeps its length when it is moved. */
export const ended = (block, seconds) => (block.end === null ? { ...block, end: tidy(Math.max(seconds, block.start + SHORTEST)) } : block);

const inOrder = (spans) => [...spans].sort((a, b) => a.start - b.start);

/** Spans in order, each with the end that it shows; what is open to the end stays so. */
function shut(spans) {
  const ordered = inOrder(spans);
  return closed(ordered).map((span, k) => (span.end === Infinity ? ordered[k] : span));
}

/** Edits with `placed` among the other emotions, which are cut where those lie. */
function laid(edits, others, placed, seconds) {
  const fresh = [...placed];
  let kept = others;
  fresh.forEach((block, k) => {
    kept = kept.flatMap((other) => {
      const pieces = without(other, block, seconds);
      const covered = other.end === null && pieces.every((piece) => piece.end !== null);
      if (covered) fresh[k] = { ...fresh[k], end: null }; // it goes on in its place when the performance grows
      return pieces;
    });
  });
  return { edits: { ...edits, spans: inOrder([...kept, ...fresh]) }, selection: new Set(fresh) };
}

/** What is left of an emotion beside a block. */
function without(span, block, seconds) {
  const end = block.end ?? Infinity;
  if ((span.end ?? Infinity) <= block.start || span.start >= end) return [span];
  const shown = span.end ?? (span.start < seconds ? seconds : Infinity);
  const before = block.start - span.start >= SHORTEST ? [{ ...span, end: block.start }] : [];
  const after = shown - end >= SHORTEST ? [{ ...span, start: end }] : [];
  return [...before, ...after];
}
