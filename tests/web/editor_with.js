import { Editor } from "../../web/editor.js";

/** An editor of a text of edits, and every text that it writes. */
export function editorWith(text = "") {
  const written = [];
  const editor = new Editor({ onText: (each) => written.push(each) });
  if (text) editor.setText(text);
  return { editor, written };
}
