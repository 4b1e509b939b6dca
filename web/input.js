// Keyboard, wheel and presses of one editor: what happens in it stays in it, and the host hears nothing.

import { press } from "./keyboard.js";
import { clock } from "./timeline.js";

const CAUGHT = { capture: true, passive: false };
const KEPT = ["pointerdown", "mousedown", "contextmenu", "dblclick", "click", "keyup", "dragover", "drop"];

export class Input {
  constructor(widget, transfer) {
    this.widget = widget;
    this.transfer = transfer;
    const { root, sink } = widget;
    root.addEventListener("keydown", (event) => this.keydown(event));
    this.lender = null; // of the focus, while Ctrl is held
    root.addEventListener("keyup", (event) => {
      if (event.key === "Control" || event.key === "Meta") this.giveBack();
      if (event.key.toLowerCase() === "b" || event.code === "KeyB") widget.compare(false);
    });
    // Nodes 2.0 takes the wheel and the middle button on their way down, before any element of ours, so those are
    // caught at the window.
    this.guards = { wheel: (event) => this.wheel(event) };
    for (const name of ["down", "move", "up"]) this.guards[`pointer${name}`] = (event) => this.middle(event, name);
    for (const [name, guard] of Object.entries(this.guards)) window.addEventListener(name, guard, CAUGHT);
    for (const name of KEPT) root.addEventListener(name, (event) => event.stopPropagation());
    root.addEventListener("contextmenu", (event) => event.target.matches("input, textarea:not(.aue-sink)") || event.preventDefault());
    // A number that was typed is taken before a press selects something else.
    root.addEventListener("pointerdown", (event) => this.leaveField(event.target), true);
    root.addEventListener("pointerdown", () => (this.lender = null), true);
    root.addEventListener("mousedown", (event) => {
      if (event.target.closest("input, textarea, [role=slider]")) return;
      event.preventDefault(); // which would take the keyboard away
      widget.focus();
    });
    sink.addEventListener("blur", () => widget.compare(false));
  }

  /** Ends typing in a field of the editor, unless the pointer is in it. */
  leaveField(target) {
    const field = document.activeElement;
    if (this.widget.root.contains(field) && field !== target && field.matches("input, textarea:not(.aue-sink)")) field.blur();
  }

  /** The hidden text field has the focus while Ctrl is held, see EditorWidget.focus; then what had it before has it again. */
  borrow(element) {
    if (element !== this.widget.sink) this.lender = element;
    this.widget.focus();
  }

  giveBack() {
    if (document.activeElement === this.widget.sink) this.lender?.focus({ preventScroll: true });
    this.lender = null;
  }

  wheel(event) {
    const { root, well, pointer } = this.widget;
    if (!root.contains(event.target)) return;
    event.stopPropagation();
    if (well.contains(event.target)) pointer.wheel(event);
  }

  middle(event, name) {
    const { well, pointer } = this.widget;
    if (!well.contains(event.target) || !(event.button === 1 || event.buttons & 4)) return;
    event.stopPropagation();
    event.preventDefault();
    if (name === "down") this.widget.focus();
    pointer[name](event);
  }

  keydown(event) {
    const { widget } = this;
    if (event.key === "Control" || event.key === "Meta") this.borrow(event.target);
    if (event.target.matches("input, textarea:not(.aue-sink)")) {
      if (event.key === "Escape") widget.messages.closeSheet();
      return event.stopPropagation();
    }
    const onButton = event.target.matches("button") && (event.key === "Enter" || event.key === " ");
    this.transfer.flip = event.shiftKey; // for the paste that follows
    if (onButton || event.key === "Tab" || !press(event, widget.editor, widget)) return;
    event.preventDefault();
    event.stopPropagation();
    this.tell();
  }

  /** Says to a screen reader where the keyboard is. */
  tell() {
    const { editor, words, heads, sink, spoken } = this.widget;
    sink.setAttribute("aria-activedescendant", heads.idOf(editor.active));
    const row = editor.activeRow;
    const name = row ? heads.name(row) : words("row_emotions");
    const value = row ? (heads.heads.get(row.id)?.value.textContent ?? "") : "";
    const count = editor.selection.size ? ` · ${words("selected", { set: editor.selection.size })}` : "";
    spoken.textContent = words("at", { set: name, time: clock(editor.playhead), value }) + count;
  }

  dispose() {
    for (const [name, guard] of Object.entries(this.guards)) window.removeEventListener(name, guard, CAUGHT);
  }
}
