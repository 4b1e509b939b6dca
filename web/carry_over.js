// What a user has in an editor besides its edits and its view, which are saved: undo, selection, playhead, loop, zoom.

const PARTS = ["text", "history", "incoming", "solo", "active", "channel", "level", "playhead", "loop", "looping", "scale"];

export const carriedOver = (editor) => Object.fromEntries(PARTS.map((part) => [part, editor[part]]));

/** Lets an editor go on where another one of the same edits was left. False when its edits are others. */
export function resume(editor, carried) {
  if (carried.text !== editor.text) return false;
  if (editor.problem) return true;
  Object.assign(editor, carried);
  editor.refresh();
  editor.layout();
  editor.onChange("all");
  return true;
}
