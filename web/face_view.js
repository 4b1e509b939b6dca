// The live face beside the timeline. What is pulled on it becomes keys at the playhead: with Shift on both sides.

import { beginDrag, pullColumns } from "./actions.js";
import { button, h, pressed } from "./controls.js";
import { createFace } from "./face.js";
import { groupOf } from "./rows.js";
import { COLUMNS } from "./units.js";

export class FaceView {
  /** taken(): the pointer takes hold of the face · grabbed(): it has let go, and took the focus of the keyboard. */
  constructor(editor, words, { taken, grabbed }) {
    Object.assign(this, { editor, taken, grabbed });
    this.canvas = h("canvas", { class: "aue-face", role: "img", "aria-label": words("title") });
    this.near = button("near", words("near"), () => this.toggleNear(), { class: "aue-near" });
    this.element = h("div", { class: "aue-stage" }, this.canvas, this.near);
    this.canvas.title = words("g_face");
    this.values = new Float32Array(COLUMNS.length);
    this.face = createFace(this.canvas);
    this.toggleNear();
    this.setPortrait(null);
    this.sizes = new ResizeObserver(() => this.face.resize(this.element.clientWidth, this.element.clientHeight));
    this.sizes.observe(this.element);
    this.canvas.addEventListener("pointermove", (event) => this.drag || this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.drag || this.face.highlight(null));
    this.canvas.addEventListener("pointerdown", (event) => this.take(event));
    this.canvas.addEventListener("pointermove", (event) => this.drag?.move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) this.canvas.addEventListener(name, () => this.release());
  }

  setPortrait(payload) {
    const text = JSON.stringify(payload);
    if (text === this.portrait) return; // a run that changed something else
    this.portrait = text;
    this.face.setPortrait(payload);
    this.shown = null;
  }

  /** Show the moment at the playhead, when it is another one than is shown. */
  draw() {
    this.editor.values(this.values);
    if (this.shown && this.values.every((value, c) => value === this.shown[c])) return;
    this.shown = Float32Array.from(this.values);
    this.face.draw(this.values);
  }

  toggleNear() {
    this.closeUp = !this.closeUp;
    pressed(this.near, this.closeUp);
    this.face.setCloseUp(this.closeUp);
  }

  /** The event's place on the canvas in CSS pixels, whatever zoom the host shows it at. */
  point(event) {
    const area = this.canvas.getBoundingClientRect();
    const zoom = area.width / this.canvas.offsetWidth || 1;
    return [(event.clientX - area.left) / zoom, (event.clientY - area.top) / zoom];
  }

  hover(event) {
    const handle = this.editor.readOnly ? null : this.face.pick(...this.point(event));
    this.face.highlight(handle);
    this.canvas.style.cursor = handle ? "grab" : "default";
  }

  take(event) {
    const { editor } = this;
    const handle = event.button || editor.readOnly ? null : this.face.pick(...this.point(event));
    if (!handle) return;
    this.taken();
    this.canvas.setPointerCapture(event.pointerId);
    const [x, y] = this.point(event);
    const values = editor.values();
    const start = beginDrag(editor);
    this.drag = {
      move: (now) => {
        const [toX, toY] = this.point(now);
        if (Math.hypot(toX - x, toY - y) < 2) return;
        const changed = this.face.drag(handle, values, toX - x, toY - y);
        const both = now.shiftKey ? mirroredToo(changed) : changed;
        const [first] = Object.keys(both);
        if (first) editor.setActive(groupOf(first).id);
        pullColumns(editor, start, values, both);
      },
    };
  }

  release() {
    if (!this.drag) return;
    this.drag = null;
    this.editor.flush();
    this.grabbed();
  }

  dispose() {
    this.sizes.disconnect();
    this.face.dispose();
  }
}

/** The other side's units brought to the same values. */
function mirroredToo(changed) {
  const partners = Object.entries(changed).map(([id, value]) => [COLUMNS.find((column) => column.id === id).mirror, value]);
  return { ...Object.fromEntries(partners.filter(([id]) => id)), ...changed };
}
