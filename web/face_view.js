// The live face beside the timeline, and dragging on it: what is pulled there becomes keys at the playhead.

import { beginDrag, pushFace } from "./actions.js";
import { h } from "./controls.js";
import { createFace } from "./face.js";
import { ROWS } from "./rows.js";

// Where on the picture a drag pulls which row: [from top, to top, row across, row along], in shares of the picture.
const ZONES = [
  { top: 0.24, bottom: 0.38, left: 0.22, right: 0.78, up: "brows" },
  { top: 0.38, bottom: 0.5, left: 0.22, right: 0.78, up: "eyes" },
  { top: 0.6, bottom: 0.8, left: 0.42, right: 0.58, up: "mouth_open", sideways: "lips" },
  { top: 0.58, bottom: 0.78, left: 0.3, right: 0.7, up: "smile" },
];
const HEAD = { up: "pitch", sideways: "yaw" };
const REACH = 0.3; // of the picture: a pull of 1
const TURN = 0.6; // radians of a pull of 1

export class FaceView {
  constructor(editor, words, focus) {
    this.editor = editor;
    this.canvas = h("canvas", { class: "aue-face", role: "img", "aria-label": words("title") });
    this.element = h("div", { class: "aue-stage", title: words("g_face") }, this.canvas);
    this.values = new Float32Array(40);
    this.face = createFace(this.canvas);
    this.face.setPortrait(null);
    this.sizes = new ResizeObserver(() => this.face.resize(this.element.clientWidth, this.element.clientHeight));
    this.sizes.observe(this.element);
    this.canvas.addEventListener("pointerdown", (event) => this.pull(event, focus));
  }

  setPortrait(payload) {
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

  pull(event, focus) {
    if (event.button || this.editor.readOnly || this.editor.playing) return;
    const { editor, canvas } = this;
    const box = canvas.getBoundingClientRect();
    const side = Math.min(box.width, box.height);
    const [x, y] = [(event.clientX - box.left - (box.width - side) / 2) / side, (event.clientY - box.top - (box.height - side) / 2) / side];
    const zone = ZONES.find((each) => x >= each.left && x <= each.right && y >= each.top && y <= each.bottom);
    const drag = beginDrag(editor);
    canvas.setPointerCapture(event.pointerId);
    let axis = null;
    const move = (now) => {
      const [dx, dy] = [(now.clientX - event.clientX) / side, (event.clientY - now.clientY) / side];
      if (!axis && Math.hypot(dx, dy) < 0.02) return;
      axis ??= Math.abs(dx) > Math.abs(dy) && (!zone || zone.sideways) ? "sideways" : "up";
      const amount = (axis === "up" ? dy : Math.abs(dx) * Math.sign(dx * (x < 0.5 ? -1 : 1))) / REACH;
      if (!zone) return this.push(HEAD[axis], (axis === "up" ? dy : dx) * (TURN / REACH), drag);
      this.push(zone[axis], zone[axis] === "mouth_open" ? -amount : amount, drag);
    };
    const end = () => {
      canvas.removeEventListener("pointermove", move);
      editor.flush();
      focus();
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", end, { once: true });
    canvas.addEventListener("pointercancel", end, { once: true });
  }

  push(id, delta, drag) {
    const row = ROWS.find((each) => each.id === id) ?? ROWS.find((each) => each.id === "head");
    const channel = row.linked.find((each) => each.id === id) ?? row.linked[0];
    this.editor.setActive(row.id, row.linked.indexOf(channel));
    pushFace(this.editor, row, channel, delta, drag);
  }

  dispose() {
    this.sizes.disconnect();
    this.face.dispose();
  }
}
