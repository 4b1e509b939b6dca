// What a press on a block begins, on its body, an edge or the seam of two: each is {move(at), ...} of pointer.js.

import { beginDrag, dragTo, withEmotion } from "./actions.js";
import { blockEnd, resizedBlock, SHORTEST } from "./blocks.js";
import { EMOTION_ROW } from "./editor.js";
import { STARTS } from "./presses.js";
import { ended, placeBlocks } from "./lane.js";
import { clock } from "./timeline.js";
import { EMOTIONS } from "./units.js";

/** A press on the lanes of blocks; twice beside the emotions drops one. */
export function onBlocks(pointer, at, { block, gestures }, event, twice) {
  const { editor } = pointer;
  editor.setActive(EMOTION_ROW);
  if (!block) {
    if (twice && !gestures) {
      const { edits, selection } = withEmotion(editor, EMOTIONS.indexOf(editor.emotion ?? "happy") + 1, editor.scale.time(at.x));
      editor.commit(edits, selection);
    } else if (!event.shiftKey) editor.select(new Set());
    return null;
  }
  if (block.part === "seam") return movingSeam(pointer, block);
  if (event.shiftKey) editor.select(new Set([...editor.selection, block.item]));
  else if (!editor.selection.has(block.item)) editor.select(new Set([block.item]));
  return block.part === "body" ? moving(pointer, at, block.item) : resizing(pointer, block);
}

/** Moves the selection by one of its blocks. */
function moving(pointer, start, item) {
  const { editor } = pointer;
  const drag = beginDrag(editor);
  const long = blockEnd(ended(item, editor.seconds)) - item.start;
  return {
    threshold: STARTS,
    edits: true,
    move: (at) => {
      const by = Math.max(editor.snap(Math.max(item.start + (at.x - start.x) / editor.scale.scale, 0)) - item.start, -drag.earliest);
      dragTo(editor, drag, { by });
      pointer.note = { ...at, text: `${clock(item.start + by)} – ${clock(item.start + by + long)}` };
    },
  };
}

/** Moves one edge of a block. */
export function resizing(pointer, { item, part }) {
  pointer.editor.select(new Set([item]));
  return edging(pointer, new Set([item]), (block, own, time) => resizedBlock(block, part, time));
}

/** Moves the end of a block and the beginning of the next one together. */
export function movingSeam(pointer, { item, next }) {
  const last = blockEnd(next) ?? pointer.editor.seconds;
  const inside = (time) => Math.min(Math.max(time, item.start + SHORTEST), last - SHORTEST);
  return edging(pointer, new Set([item, next]), (block, own, time) => resizedBlock(block, own === item ? "end" : "start", inside(time)));
}

/** Changes blocks with the time under the pointer: change(block as it shows, block, time). What is selected stays so. */
function edging(pointer, blocks, change) {
  const { editor } = pointer;
  const drag = beginDrag(editor, blocks);
  const before = [...editor.selection];
  return {
    threshold: STARTS,
    edits: true,
    move: (at) => {
      const time = editor.snap(editor.scale.time(at.x));
      const olds = [];
      const changed = (block, own = block) => {
        olds.push(own);
        return change(block, own, time);
      };
      const { edits, selection } = placeBlocks(drag.edits, blocks, changed, editor.seconds);
      const news = [...selection];
      editor.commit(edits, new Set(before.map((item) => news[olds.indexOf(item)] ?? item)), drag.gesture);
      pointer.note = { ...at, text: clock(time) };
    },
  };
}
