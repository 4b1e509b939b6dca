// What a user has in an editor besides its edits and its view, which are saved: undo, selection, playhead, loop, zoom.

const PARTS = ["text", "history", "incoming", "solo", "active", "channel", "level", "playhead", "loop", "looping", "scale"];

export const sessionOf = (editor) => Object.fromEntries(PARTS.map((part) => [part, editor[part]]));

/** Lets an editor go on where another one of the same edits was left. */
export function resume(editor, session) {
  if (editor.problem || session.text !== editor.text) return;
  Object.assign(editor, session);
  editor.refresh();
  editor.layout();
  editor.onChange("all");
}
