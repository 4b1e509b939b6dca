// The live face beside the timeline. What is pulled on it becomes keys at the playhead: on both sides where the row links
// them, on one where it does not, and with Shift the other way round.

import { beginDrag, pullColumns } from "./actions.js";
import { button, h, pressed } from "./controls.js";
import { createFace } from "./face.js";
import { withOtherSide } from "./face_drag.js";
import { handleButtons } from "./face_keys.js";
import { groupOf, readout } from "./rows.js";
import { unitName } from "./strings.js";
import { COLUMNS } from "./units.js";

export class FaceView {
  /** taken(): the pointer takes hold of the face · grabbed(): it has let go, and took the focus of the keyboard. */
  constructor(editor, words, { taken, grabbed }) {
    Object.assign(this, { editor, words, taken, grabbed });
    this.canvas = h("canvas", { class: "aue-face", role: "img", "aria-label": words("title") });
    this.near = button("near", words("near"), () => this.toggleNear(), { class: "aue-near" });
    this.sign = h("div", { class: "aue-grip", role: "status", hidden: true });
    this.handles = h("div", { role: "group", "aria-label": words("face") });
    this.element = h("div", { class: "aue-stage" }, this.canvas, this.handles, this.sign, this.near);
    this.values = new Float32Array(COLUMNS.length);
    this.face = createFace(this.canvas);
    this.toggleNear();
    this.setPortrait(null);
    this.sizes = new ResizeObserver(() => this.face.resize(this.element.clientWidth, this.element.clientHeight));
    this.sizes.observe(this.element);
    this.pull = null; // in progress, see begin
    this.grip = null; // of the pointer: { pull, x, y } with where it began
    this.canvas.addEventListener("pointermove", (event) => (this.pull ? this.follow(event) : this.hover(event)));
    this.canvas.addEventListener("pointerleave", () => this.pull || this.show(null));
    this.canvas.addEventListener("pointerdown", (event) => this.take(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) this.canvas.addEventListener(name, () => this.release());
  }

  setPortrait(payload) {
    const text = JSON.stringify(payload);
    if (text === this.portrait) return; // a run that changed something else
    this.portrait = text;
    this.face.setPortrait(payload).then(() => this.handles.childElementCount || this.handles.append(...handleButtons(this)));
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
    this.show(handle, handle && this.sideOf(handle, event.shiftKey));
    this.canvas.style.cursor = handle ? "grab" : "default";
  }

  /** Marks a handle and says beside it which part it is, and more. null: none. */
  show(handle, more = "") {
    this.face.highlight(handle);
    this.sign.hidden = !handle;
    if (!handle) return;
    this.sign.replaceChildren(h("b", {}, this.words(`grip_${handle.part}`)), ` ${more}`);
    const [x, y] = this.face.placeOf(handle);
    const room = this.element.clientWidth - this.sign.offsetWidth - 4;
    const above = y - this.sign.offsetHeight - 12;
    this.sign.style.left = `${Math.max(Math.min(x - this.sign.offsetWidth / 2, room), 4)}px`;
    this.sign.style.top = `${above > 4 ? above : y + 12}px`;
  }

  /** Whether a pull that changes a column changes its other side too; with Shift the other way round. */
  both(handle, id, shift) {
    const linked = !this.editor.view.unlinked.has(groupOf(id).id);
    return handle.side !== null && linked !== shift;
  }

  /** "both sides", "left", or nothing for what has no sides. */
  sideOf(handle, shift) {
    if (handle.side === null) return "";
    return this.words(this.both(handle, handle.up, shift) ? "both" : handle.side);
  }

  take(event) {
    const handle = event.button || this.editor.readOnly ? null : this.face.pick(...this.point(event));
    if (!handle) return;
    this.canvas.setPointerCapture(event.pointerId);
    const [x, y] = this.point(event);
    this.grip = { pull: this.begin(handle), x, y };
  }

  follow(event) {
    if (!this.grip) return;
    const [x, y] = this.point(event);
    const [dx, dy] = [x - this.grip.x, y - this.grip.y];
    if (Math.hypot(dx, dy) >= 2) this.grip.pull(dx, dy, event.shiftKey);
  }

  /**
   * Begins a pull of a handle from where it is and ends any other: a function of how far, CSS pixels, and of whether Shift
   * is held. It does nothing any more once the pull is over.
   */
  begin(handle) {
    const { editor } = this;
    this.end(this.pull);
    this.taken();
    const values = editor.values();
    const start = beginDrag(editor);
    const balance = (id) => editor.view.balance[groupOf(id).id] ?? 0;
    const pull = (dx, dy, shift) => {
      if (this.pull !== pull) return;
      const pulled = this.face.drag(handle, values, dx, dy);
      const changed = withOtherSide(pulled, values, (id) => this.both(handle, id, shift), balance);
      const [first] = Object.keys(pulled);
      if (first) editor.setActive(groupOf(first).id);
      pullColumns(editor, start, values, changed);
      this.draw();
      this.show(handle, `${this.sideOf(handle, shift)} ${this.readouts(pulled)}`);
    };
    this.pull = pull;
    return pull;
  }

  /** "Lip corner up 45 %" for each column of a pull, without its side. */
  readouts(pulled) {
    const shown = Object.entries(pulled).filter(([, value]) => Math.abs(value) > 0.004);
    const name = (id) => unitName(this.words, { ...COLUMNS.find((column) => column.id === id), side: null, id: id.replace(/_(left|right)$/, "") });
    return shown.map(([id, value]) => `· ${name(id)} ${readout({ id }, value)}`).join(" ");
  }

  /** Keeps what a pull changed. False when it is over already. */
  end(pull) {
    if (!pull || pull !== this.pull) return false;
    this.pull = null;
    this.editor.flush();
    return true;
  }

  release() {
    const { grip } = this;
    this.grip = null;
    if (!this.end(grip?.pull)) return;
    this.show(null);
    this.grabbed();
  }

  /** Gives up the pull in progress: what it changed is as before. True when there was one. */
  cancel() {
    if (!this.pull) return false;
    this.pull = null;
    this.show(null);
    this.editor.abandon();
    return true;
  }

  dispose() {
    this.sizes.disconnect();
    this.face.dispose();
  }
}
