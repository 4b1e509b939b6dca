// The pointer on the timeline: what lies under it, and each gesture from press to release.

import {
  addKeyAt,
  beginDrag,
  dragTo,
  dropEmotion,
  selectionTime,
  stretchTo,
} from "./actions.js";
import { blockEnd, emotionBlocks, gestureBlocks, mapBlocks, resizedBlock } from "./blocks.js";
import { noteText } from "./draw_moving.js";
import { EMOTION_ROW } from "./editor.js";
import { keyPoints, LANES, rangesOf, rowScale } from "./places.js";
import { channelValue, deltaFor } from "./rows.js";
import { blockAt, clock, insideBox, nearest, rowAt } from "./timeline.js";
import { EMOTIONS } from "./units.js";

const REACH = 9; // pixels from a key
const STARTS = 3; // pixels before a press becomes a drag
const TWICE = 380; // milliseconds between the presses of a double click

export class Pointer {
  /** place(): the geometry. redraw(): what moves has changed. */
  constructor(editor, canvas, place, redraw) {
    Object.assign(this, { editor, canvas, place, redraw });
    this.gesture = this.near = this.note = this.box = this.soft = null;
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
      const all = gestures ? gestureBlocks(editor.edits) : emotionBlocks(editor.edits, editor.seconds);
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
    this.gesture = event.button === 1 ? this.pan(at) : this.begin(at, this.hit(at), event, twice);
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
      if (twice && editor.loop) return this.setLoop(null);
      return event.shiftKey ? this.marking(editor.snap(time)) : this.scrubbing();
    }
    if (hit.zone === "loop") return this.marking(hit.anchor);
    if (editor.readOnly) return this.scrubbing();
    if (hit.zone === "stretch") return this.stretching(hit);
    if (hit.zone === "blocks") return this.onBlocks(at, hit, event, twice);
    if (hit.zone !== "row") return this.boxing(at, event);
    if (hit.key) return this.onKey(at, hit, event);
    if (hit.range) return this.resizing(hit.range);
    const { channel, order, scale } = this.channelAt(hit.index, at);
    editor.setActive(hit.row.id, order);
    if (!twice) return this.boxing(at, event);
    addKeyAt(editor, hit.row, channel, time, scale.value(at.y), null);
    return this.dragging(at, { ...hit, key: { time: editor.snap(time), channel } });
  }

  scrubbing() {
    return { move: (at) => this.editor.setPlayhead(this.editor.snap(this.editor.scale.time(at.x))) };
  }

  marking(anchor) {
    return {
      move: (at) => {
        const time = Math.min(this.editor.snap(this.editor.scale.time(at.x)), this.editor.seconds);
        const [from, to] = [Math.min(anchor, time), Math.max(anchor, time)];
        this.setLoop(to - from > 1.5 / this.editor.fps ? { from, to } : null);
      },
    };
  }

  setLoop(loop) {
    this.editor.loop = loop;
    if (loop) this.editor.looping = true;
    this.editor.onChange("draw");
    return null;
  }

  pan(start) {
    let last = start.x;
    return {
      move: (at) => {
        this.editor.scale.pan(last - at.x);
        last = at.x;
        this.editor.onChange("draw");
      },
    };
  }

  boxing(start, event) {
    const { editor } = this;
    const before = event.shiftKey ? editor.selection : new Set();
    if (!event.shiftKey && editor.selection.size) editor.select(new Set());
    return {
      threshold: STARTS,
      move: (at) => {
        this.box = { x0: start.x, y0: start.y, x1: at.x, y1: at.y };
        const place = this.place();
        const inside = editor.rows.flatMap((row, index) => keyPoints(editor, place, index).filter((key) => key.y >= place.head && insideBox(key, this.box)));
        editor.select(new Set([...before, ...inside.flatMap((key) => key.members.map(({ key: each }) => each))]));
      },
    };
  }

  onKey(at, hit, event) {
    const { editor } = this;
    const items = hit.key.members.map(({ key }) => key);
    const has = items.some((item) => editor.selection.has(item));
    editor.setActive(hit.row.id, hit.key.order);
    if (event.shiftKey && !event.altKey) {
      editor.select(new Set(has ? [...editor.selection].filter((item) => !items.includes(item)) : [...editor.selection, ...items]));
      if (has) return null;
    } else if (!has) editor.select(new Set(items));
    return this.dragging(at, hit);
  }

  /** Drags the selection by a key: Shift locks an axis, Alt takes neighbours along softly. */
  dragging(start, hit) {
    const { editor } = this;
    const { channel, time } = hit.key;
    const drag = beginDrag(editor);
    const frame = editor.frameAt(time);
    const values = editor.performance.rowAt(frame);
    const scale = rowScale(editor, this.place(), hit.index);
    const shown = channelValue(channel, editor.performance.edited, frame);
    const grip = scale.y(shown) - start.y;
    let current = null;
    const apply = (at, event) => {
      current = [at, event];
      let by = Math.max(editor.snap(Math.max(time + (at.x - start.x) / editor.scale.scale, 0)) - time, -drag.earliest);
      let value = scale.value(at.y + grip);
      if (event.shiftKey) {
        if (Math.abs(at.x - start.x) > Math.abs(at.y - start.y)) value = shown;
        else by = 0;
      }
      const delta = value === shown ? 0 : deltaFor(channel, values, value, editor.balanceOf(hit.row));
      this.soft = event.altKey ? { time: time + by, radius: this.radius } : null;
      dragTo(editor, drag, { by, delta, channel, row: hit.row, radius: event.altKey ? this.radius : 0 });
      const now = channelValue(channel, editor.performance.edited, editor.frameAt(time + by));
      this.note = { x: editor.scale.x(time + by), y: scale.y(now), text: noteText(channel, time + by, now) };
    };
    const again = () => current && apply(...current);
    return { threshold: STARTS, move: apply, again, edits: true };
  }

  stretching({ anchor, edge }) {
    const drag = beginDrag(this.editor);
    return {
      edits: true,
      move: (at) => {
        const time = this.editor.snap(this.editor.scale.time(at.x));
        const factor = Math.max((time - anchor) / (edge - anchor), 0.02);
        stretchTo(this.editor, drag, anchor, factor);
        this.note = { x: at.x, y: 40, text: `× ${factor.toFixed(2)}` };
      },
    };
  }

  onBlocks(at, hit, event, twice) {
    const { editor } = this;
    editor.setActive(EMOTION_ROW);
    if (!hit.block) {
      if (twice && !hit.gestures) dropEmotion(editor, EMOTIONS.indexOf(editor.emotion ?? "happy") + 1, editor.snap(editor.scale.time(at.x)));
      else if (!event.shiftKey) editor.select(new Set());
      return null;
    }
    const { item, part } = hit.block;
    if (event.shiftKey) editor.select(new Set([...editor.selection, item]));
    else if (!editor.selection.has(item)) editor.select(new Set([item]));
    if (part !== "body") return this.resizing(hit.block);
    const drag = beginDrag(editor);
    return {
      threshold: STARTS,
      edits: true,
      move: (now) => {
        const by = Math.max(editor.snap(Math.max(item.start + (now.x - at.x) / editor.scale.scale, 0)) - item.start, -drag.earliest);
        dragTo(editor, drag, { by });
        this.note = { ...now, text: `${clock(item.start + by)} – ${clock((blockEnd(item) ?? editor.seconds) + by)}` };
      },
    };
  }

  resizing({ item, part }) {
    const { editor } = this;
    editor.select(new Set([item]));
    const drag = beginDrag(editor);
    return {
      threshold: STARTS,
      edits: true,
      move: (at) => {
        const time = editor.snap(editor.scale.time(at.x));
        const { edits, selection } = mapBlocks(drag.edits, drag.selection, (block) => resizedBlock(block, part, time));
        editor.commit(edits, selection, drag.gesture);
        this.note = { ...at, text: clock(time) };
      },
    };
  }

  move(event) {
    if (this.isOther(event)) return;
    if (this.gesture && !event.buttons) return this.up(event);
    const at = this.point(event);
    if (!this.gesture) return this.hover(this.hit(at), at);
    const { gesture } = this;
    if (gesture.threshold && Math.hypot(at.x - gesture.start.x, at.y - gesture.start.y) < gesture.threshold) return;
    gesture.threshold = 0;
    this.near = null;
    gesture.move(at, event);
    this.redraw();
  }

  up(event) {
    if (this.isOther(event)) return;
    if (this.canvas.hasPointerCapture?.(event.pointerId)) this.canvas.releasePointerCapture(event.pointerId);
    if (this.gesture?.edits) this.editor.flush();
    this.gesture = this.box = this.soft = this.note = null;
    this.hover(this.hit(this.point(event)), this.point(event));
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
    const edge = hit?.zone === "loop" || hit?.zone === "stretch" || hit?.range || (hit?.block && hit.block.part !== "body");
    this.canvas.style.cursor = edge ? "ew-resize" : hit?.key || hit?.block ? "grab" : hit?.zone === "row" ? "crosshair" : "default";
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
