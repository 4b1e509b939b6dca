// The pointer on the timeline: what lies under it, and each gesture from press to release.

import { addKeyAt, selectionTime } from "./actions.js";
import { gestureBlocks } from "./blocks.js";
import { movingSeam, onBlocks, resizing } from "./block_presses.js";
import { noteText } from "./draw_moving.js";
import { boxing, dragging, marking, onKey, panning, scrubbing, setLoop, stretching } from "./presses.js";
import { emotionBlocks } from "./lane.js";
import { keyPoints, LANES, rangesOf, rowScale } from "./places.js";
import { blockAt, nearest, rowAt } from "./timeline.js";

const REACH = 9; // pixels from a key
const TWICE = 380; // milliseconds between the presses of a double click

export class Pointer {
  /** place(): the geometry. redraw(): what moves has changed. */
  constructor(editor, canvas, place, redraw) {
    Object.assign(this, { editor, canvas, place, redraw });
    // What drawMoving shows: a key, a sign, a box, the radius of a soft drag, an edge, what is carried here to be dropped.
    this.gesture = this.near = this.note = this.box = this.soft = this.edge = this.carried = null;
    this.radius = 0.8; // seconds of a soft drag
    this.last = { time: 0, x: 0, y: 0 };
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.up(event));
    canvas.addEventListener("lostpointercapture", (event) => this.gesture && this.up(event));
    canvas.addEventListener("pointerleave", () => this.gesture || this.hover(null));
  }

  /** Event to CSS pixels of the canvas, whatever zoom the host shows it at. */
  point(event) {
    const area = this.canvas.getBoundingClientRect();
    const zoom = area.width / this.canvas.offsetWidth || 1;
    return { x: (event.clientX - area.left) / zoom, y: (event.clientY - area.top) / zoom };
  }

  get stretch() {
    const time = selectionTime(this.editor);
    return time && time.to - time.from > 1e-3 && this.editor.selection.size > 1 ? time : null;
  }

  /** What lies at a point: {zone, ...}. */
  hit({ x, y }) {
    const { editor } = this;
    const place = this.place();
    const { scale } = editor;
    if (y < LANES.ruler) {
      const bar = this.stretch;
      if (bar && y > LANES.ruler - 12) {
        if (Math.abs(x - scale.x(bar.from)) < 6) return { zone: "stretch", anchor: bar.to, edge: bar.from };
        if (Math.abs(x - scale.x(bar.to)) < 6) return { zone: "stretch", anchor: bar.from, edge: bar.to };
      }
      if (editor.loop && Math.abs(x - scale.x(editor.loop.from)) < 5) return { zone: "loop", anchor: editor.loop.to };
      if (editor.loop && Math.abs(x - scale.x(editor.loop.to)) < 5) return { zone: "loop", anchor: editor.loop.from };
      return { zone: "ruler" };
    }
    if (y < LANES.ruler + LANES.wave) return { zone: "wave" };
    if (y < place.head) {
      const gestures = y >= LANES.ruler + LANES.wave + LANES.emotions - 1;
      const all = gestures ? gestureBlocks(editor.edits) : emotionBlocks(editor.laneEdits.spans, editor.seconds);
      const pixels = all.map(({ from, to, item }) => ({ from: scale.x(from), to: scale.x(to), item }));
      return { zone: "blocks", gestures, block: blockAt(pixels, x) };
    }
    const index = rowAt(place.tops, y - place.head + place.scroll);
    if (index < 0) return { zone: "none" };
    const row = editor.rows[index];
    const key = nearest(keyPoints(editor, place, index), x, y, REACH);
    if (key) return { zone: "row", index, row, key };
    const pixels = rangesOf(editor, row).map((item) => ({ from: scale.x(item.start), to: scale.x(Math.min(item.end, editor.seconds)), item }));
    const range = blockAt(pixels, x);
    return { zone: "row", index, row, key: null, range: range?.part === "body" ? null : range };
  }

  /** The channel of a row whose curve is nearest. */
  channelAt(index, { x, y }) {
    const { editor } = this;
    const row = editor.rows[index];
    const frame = editor.frameAt(editor.scale.time(x));
    const scale = rowScale(editor, this.place(), index);
    const away = row.channels.map((channel) => Math.abs(scale.y(editor.curve(channel).edited[frame]) - y));
    const order = away.indexOf(Math.min(...away));
    return { channel: row.channels[order], order, scale };
  }

  down(event) {
    if (event.button > 1 || this.isOther(event)) return;
    if (this.gesture) this.up(event); // whose end was never told
    this.held = event.pointerId;
    const at = this.point(event);
    this.canvas.setPointerCapture(event.pointerId);
    const twice = event.timeStamp - this.last.time < TWICE && Math.hypot(at.x - this.last.x, at.y - this.last.y) < 5;
    this.last = { time: twice ? 0 : event.timeStamp, ...at };
    this.gesture = event.button === 1 ? panning(this, at) : this.begin(at, this.hit(at), event, twice);
    if (this.gesture) this.gesture.start ??= at;
    this.move(event);
  }

  /** Whether an event is of another finger than the one that is busy. */
  isOther(event) {
    return this.gesture !== null && event.pointerId !== this.held;
  }

  begin(at, hit, event, twice) {
    const { editor } = this;
    const time = Math.min(editor.scale.time(at.x), editor.lastTime);
    if (hit.zone === "ruler" || hit.zone === "wave") {
      if (twice && editor.loop) return setLoop(editor, null);
      return event.shiftKey ? marking(this, editor.snap(time)) : scrubbing(this);
    }
    if (hit.zone === "loop") return marking(this, hit.anchor);
    if (editor.readOnly) return scrubbing(this);
    if (hit.zone === "stretch") return stretching(this, hit);
    if (hit.zone === "blocks") return onBlocks(this, at, hit, event, twice);
    if (hit.zone !== "row") return boxing(this, at, event);
    if (hit.key) return onKey(this, at, hit, event);
    if (hit.range) return hit.range.part === "seam" ? movingSeam(this, hit.range) : resizing(this, hit.range);
    const { channel, order, scale } = this.channelAt(hit.index, at);
    editor.setActive(hit.row.id, order);
    if (!twice) return boxing(this, at, event);
    addKeyAt(editor, hit.row, channel, time, scale.value(at.y), null);
    const members = channel.parts.map(([c]) => ({ c })); // a new key is one of all its channel's columns
    return dragging(this, at, { ...hit, key: { time: editor.snap(time), channel, members } });
  }

  /** What a drag from elsewhere would put here, {plan: {edits, selection} or null}, and a sign for it. */
  carry(carried, note = null) {
    Object.assign(this, { carried, note, near: null, edge: null });
    this.redraw();
  }

  /** Gives up the gesture in progress: what it changed is as before. True when there was one. */
  cancel() {
    if (this.carried) {
      this.carry(null);
      return true;
    }
    if (!this.gesture) return false;
    if (this.gesture.edits) this.editor.abandon();
    this.end();
    return true;
  }

  move(event) {
    if (this.isOther(event)) return;
    if (this.gesture && !event.buttons) return this.up(event);
    const at = this.point(event);
    if (!this.gesture) return this.hover(this.hit(at), at);
    const { gesture } = this;
    if (gesture.threshold && Math.hypot(at.x - gesture.start.x, at.y - gesture.start.y) < gesture.threshold) return;
    gesture.threshold = 0;
    this.near = this.edge = null;
    gesture.move(at, event);
    this.redraw();
  }

  up(event) {
    if (this.isOther(event)) return;
    if (this.canvas.hasPointerCapture?.(event.pointerId)) this.canvas.releasePointerCapture(event.pointerId);
    if (this.gesture?.edits) this.editor.flush();
    this.end();
    this.hover(this.hit(this.point(event)), this.point(event));
  }

  end() {
    this.gesture = this.box = this.soft = this.note = this.editor.peek = null;
    this.editor.onChange("draw");
  }

  hover(hit, at) {
    this.near = hit?.key ?? null;
    this.note = null;
    if (hit?.zone === "row") {
      const { channel } = hit.key ? hit.key : this.channelAt(hit.index, at);
      const time = hit.key ? hit.key.time : this.editor.scale.time(at.x);
      const value = this.editor.curve(channel).edited[this.editor.frameAt(time)];
      if (time <= this.editor.seconds) this.note = { ...at, text: noteText(channel, time, value) };
    }
    const part = (hit?.block ?? hit?.range)?.part;
    this.edge = hit?.block && part !== "body" && !this.editor.readOnly ? { ...hit.block, gestures: hit.gestures } : null;
    const sides = hit?.zone === "loop" || hit?.zone === "stretch" || part === "start" || part === "end";
    const over = hit?.key || hit?.block ? "grab" : hit?.zone === "row" ? "crosshair" : "default";
    this.canvas.style.cursor = part === "seam" ? "col-resize" : sides ? "ew-resize" : over;
    this.redraw();
  }

  /** The wheel zooms time; with Shift, or sideways, it pans; during a soft drag it sets the radius. */
  wheel(event) {
    event.preventDefault();
    const { editor } = this;
    const step = event.deltaMode === 1 ? 16 : 1;
    if (this.soft) {
      this.radius = Math.min(Math.max(this.radius * Math.exp(-event.deltaY * step * 0.002), 0.08), 20);
      this.gesture?.again?.();
      return this.redraw();
    }
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    if (sideways) editor.scale.pan(sideways * step);
    else editor.scale.zoom(this.point(event).x, Math.exp(-event.deltaY * step * 0.0018));
    editor.onChange("draw");
  }
}
