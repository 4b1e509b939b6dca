// Copy, cut and paste through the system's clipboard, and files that are dropped on the editor.

import { copied, paste, remove } from "./actions.js";
import { isClip } from "./files.js";
import { takeFile } from "./menus.js";

let last = null; // what was copied in any editor of the page, for where the system's clipboard gives nothing

export class Transfer {
  constructor(widget) {
    this.widget = widget;
    this.flip = false; // whether the next paste exchanges left and right
    const { root, sink } = widget;
    sink.addEventListener("copy", (event) => this.copy(event));
    sink.addEventListener("cut", (event) => this.copy(event, true));
    sink.addEventListener("paste", (event) => this.paste(event));
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => this.drop(event));
  }

  copy(event, cut = false) {
    const { editor } = this.widget;
    const clip = copied(editor);
    if (!clip) return;
    last = clip;
    event.clipboardData?.setData("text/plain", JSON.stringify(clip));
    event.preventDefault();
    event.stopPropagation();
    if (cut && !editor.readOnly) remove(editor);
  }

  paste(event) {
    event.preventDefault();
    event.stopPropagation();
    const { editor } = this.widget;
    if (editor.readOnly) return;
    const clip = clipIn(event.clipboardData?.getData("text/plain")) ?? last;
    const problem = clip && paste(editor, clip, this.flip);
    if (problem) this.widget.messages.say(problem, true);
  }

  async drop(event) {
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    const { editor, words } = this.widget;
    if (file && !editor.readOnly) takeFile(editor, words, this.widget, file.name, await file.text());
  }
}

/** What was copied, from the clipboard's text; null when that is something else. */
function clipIn(text) {
  try {
    const clip = JSON.parse(text);
    return isClip(clip) ? clip : null;
  } catch {
    return null;
  }
}
